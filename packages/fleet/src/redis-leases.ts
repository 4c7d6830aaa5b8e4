// Leases over Redis: requests in one pipeline, the rule as a script there, and notes by a channel.
import { type LeaseAnswer, type LeaseNote, overtaken } from '@weir/leases';
import type { LeaseAsk, LeaseStore, RegisteredServer } from './contract.ts';
import { freshLeasesLua, leaseLua } from './leases-lua.ts';
import { Listeners } from './listeners.ts';
import { parseRedisAddress } from './redis-address.ts';
import { connectRedis } from './redis-connect.ts';
import { type RedisKeys, redisKeys } from './redis-keys.ts';
import type { RedisLink, RedisLinkOptions } from './redis-link.ts';
import { RedisSubscription } from './redis-subscription.ts';

export interface RedisLeasesOptions {
  readonly link: RedisLink;
  readonly keys: RedisKeys;
  /** How to connect a second time, for the notes. */
  readonly subscriber: RedisLinkOptions;
}

export class RedisLeases implements LeaseStore {
  readonly #options: RedisLeasesOptions;
  readonly #listeners = new Listeners<LeaseNote>();
  readonly #endListeners = new Listeners<string>();
  #subscriber: RedisSubscription | null = null;

  constructor(options: RedisLeasesOptions) {
    this.#options = options;
    options.link.client.defineCommand('weirLease', { numberOfKeys: 3, lua: leaseLua });
  }

  async ask(asks: readonly LeaseAsk[]): Promise<readonly (LeaseAnswer | null)[]> {
    const { link, keys } = this.#options;
    const replies = await link.batch(
      asks.map(({ request, opened, gone }) => {
        const { memory, holders, servers } = keys.leases(request.upstream);
        const roles = Object.fromEntries(opened.map(({ processId, role }) => [processId, role]));
        const texts = [JSON.stringify(request), keys.leaseNotes, JSON.stringify(roles), JSON.stringify(gone)];
        return ['weirLease', memory, holders, servers, ...texts, '', ''];
      }),
    );
    const answers = replies.map(([error, reply]) => (error === null ? readLeaseAnswer(reply) : null));
    const failure = replies.find(([error]) => error !== null)?.[0];
    if (failure != null && answers.every((answer) => answer === null)) {
      await link.run(() => Promise.reject(failure));
    }
    return answers;
  }

  onNote(listener: (note: LeaseNote) => void): () => void {
    this.#subscriber ??= this.#subscribe();
    return this.#listeners.add(listener);
  }

  async tellEnded(processId: string): Promise<void> {
    const { link, keys } = this.#options;
    await link.run((client) => client.publish(keys.endedProcesses, processId));
  }

  onEnded(listener: (processId: string) => void): () => void {
    this.#subscriber ??= this.#subscribe();
    return this.#endListeners.add(listener);
  }

  async servers(upstream: string): Promise<readonly RegisteredServer[]> {
    const { link, keys } = this.#options;
    const fields = await link.run((client) => client.hgetall(keys.leases(upstream).servers));
    return Object.entries(fields).map(([field, role]) => {
      const at = field.lastIndexOf(' ');
      return { holder: field.slice(0, at), processId: Number(field.slice(at + 1)), role };
    });
  }

  close(): void {
    this.#listeners.clear();
    this.#endListeners.clear();
    this.#subscriber?.close();
  }

  #subscribe(): RedisSubscription {
    const { keys, subscriber } = this.#options;
    return new RedisSubscription({
      link: subscriber,
      // What was said while nobody heard it each holder hears with its next request; who has ended falls silent as well.
      channels: () => [keys.leaseNotes, keys.endedProcesses],
      message: (channel, text) => {
        if (channel === keys.endedProcesses) return this.#endListeners.tell(text);
        const note = readNote(text);
        if (note !== null) this.#listeners.tell(note);
      },
    });
  }
}

/** Null for what is no note: anybody who may write to Redis can send one. */
function readNote(text: string): LeaseNote | null {
  try {
    const { upstream, holder, limit } = JSON.parse(text) as LeaseNote;
    const isNote =
      typeof upstream === 'string' &&
      typeof holder === 'string' &&
      (limit === null || Number.isInteger(limit));
    return isNote ? { upstream, holder, limit } : null;
  } catch {
    return null;
  }
}

/** What the script returns, as the rule's answer. */
export function readLeaseAnswer(reply: unknown): LeaseAnswer {
  const [answer, others] = reply as [string, string];
  const read = JSON.parse(answer) as LeaseAnswer | null;
  return read === null ? overtaken : { ...read, others: JSON.parse(others) };
}

/**
 * Says of a Redis that was just started, and that no process can have used, that nothing was ever leased there: without
 * that the first server connection waits until every right that might have been given is over. Rejects if it is away.
 */
export async function declareFreshLeases(url: string, keyPrefix = 'weir'): Promise<void> {
  const options = { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null };
  const client = connectRedis(parseRedisAddress(url), options);
  client.on('error', () => {});
  try {
    await client.connect();
    const nonce = crypto.randomUUID();
    for (const memory of redisKeys(keyPrefix).leaseMemories)
      await client.eval(freshLeasesLua, 1, memory, nonce);
  } finally {
    client.disconnect();
  }
}
