// Clients that log in, ask one question and leave, over and over, and note every login that was lost.
import type { Weir } from '@weir/harness';
import { waitUntil } from '@weir/harness';

/** What one client logs in with the next time. */
export interface NextLogin {
  readonly role: string;
  readonly password: string;
  readonly direct: boolean;
  readonly pooler: number;
}

export interface ReconnectingClients {
  /** Logins that ended well, by password. */
  readonly logins: ReadonlyMap<string, number>;
  /** What was said to those that did not. */
  readonly lost: readonly string[];
  /** Waits until every client has finished a login that it began after this call. */
  allAgain(): Promise<void>;
  stop(): Promise<void>;
}

/** `next` is asked before each login, with the number of the client. */
export function reconnectingClients(
  weir: Weir,
  count: number,
  next: (client: number) => NextLogin,
): ReconnectingClients {
  const logins = new Map<string, number>();
  const lost: string[] = [];
  const rounds = new Array<number>(count).fill(0);
  let stopped = false;
  const live = async (number: number) => {
    while (!stopped) {
      const login = next(number);
      try {
        const client = await weir.client(login);
        await client.query('select 1');
        await client.end();
        logins.set(login.password, (logins.get(login.password) ?? 0) + 1);
      } catch (error) {
        lost.push(`${login.role} on the ${login.direct ? 'direct' : 'pooled'} host: ${error}`);
      }
      rounds[number]!++;
    }
  };
  const lives = Array.from({ length: count }, (_, number) => live(number));
  return {
    logins,
    lost,
    async allAgain() {
      // The login in hand began before, so the one after it counts.
      const wanted = rounds.map((round) => round + 2);
      await waitUntil(() => rounds.every((round, number) => round >= wanted[number]!), {
        what: 'every client logs in again',
        timeoutMs: 60_000,
      });
    },
    async stop() {
      stopped = true;
      await Promise.all(lives);
    },
  };
}
