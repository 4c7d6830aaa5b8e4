// Follows what goes on at endpoints by the API's events, and by asking again and again where there are none.
import { setTimeout as passed } from 'node:timers/promises';
import type { EndpointActivityReply } from '@weir/api-contract';
import { CommandError, exitCodes } from '../command.ts';

export interface ActivitySource {
  /** As `watchActivity`. */
  watch(id: string, signal: AbortSignal, hear: (reply: EndpointActivityReply) => void): Promise<void>;
  /** One look, where no stream is to be had. */
  ask(id: string): Promise<EndpointActivityReply>;
}

export interface FollowTimes {
  /** Events come each second; a stream that says nothing for so long is given up. */
  readonly silentMs: number;
  /** Before it is tried again, and between two looks. */
  readonly pauseMs: number;
}

interface Followed {
  readonly stop: AbortController;
  latest: EndpointActivityReply | null;
  /** Why it is not known what goes on now; `latest` is then the last that was. */
  trouble: CommandError | null;
  /** Resolves when it is known what goes on there, or why not. */
  readonly first: Promise<void>;
}

export class ActivityFollower {
  readonly #source: ActivitySource;
  readonly #times: FollowTimes;
  readonly #followed = new Map<string, Followed>();

  constructor(source: ActivitySource, times: FollowTimes = { silentMs: 5_000, pauseMs: 1_000 }) {
    this.#source = source;
    this.#times = times;
  }

  /** These from now on, and no others. Resolves when of each it is known what goes on there, or why not. */
  async follow(ids: readonly string[]): Promise<void> {
    for (const [id, { stop }] of this.#followed) {
      if (ids.includes(id)) continue;
      stop.abort();
      this.#followed.delete(id);
    }
    for (const id of ids) if (!this.#followed.has(id)) this.#begin(id);
    await Promise.all([...this.#followed.values()].map(({ first }) => first));
  }

  /** The last that was heard of each. */
  latest(): readonly EndpointActivityReply[] {
    return [...this.#followed.values()].flatMap(({ latest }) => latest ?? []);
  }

  /** Why it is not known what goes on, by endpoint. */
  troubles(): ReadonlyMap<string, CommandError> {
    return new Map(
      [...this.#followed].flatMap(([id, { trouble }]) => (trouble === null ? [] : [[id, trouble]])),
    );
  }

  close(): void {
    for (const { stop } of this.#followed.values()) stop.abort();
    this.#followed.clear();
  }

  #begin(id: string): void {
    let known = () => {};
    const first = new Promise<void>((resolve) => {
      known = resolve;
    });
    const followed: Followed = { stop: new AbortController(), latest: null, trouble: null, first };
    this.#followed.set(id, followed);
    void this.#keepWatching(id, followed, known);
  }

  async #keepWatching(id: string, followed: Followed, known: () => void): Promise<void> {
    const { signal } = followed.stop;
    const hear = (reply: EndpointActivityReply) => {
      followed.latest = reply;
      followed.trouble = null;
      known();
    };
    while (!signal.aborted) {
      const begunMs = performance.now();
      const wasHeard = await this.#watchOnce(id, signal, hear);
      if (signal.aborted) break;
      // Ended in order, as each stream is after a minute: asked for again at once.
      if (wasHeard && performance.now() - begunMs >= this.#times.pauseMs) continue;
      try {
        hear(await this.#source.ask(id));
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        followed.trouble = error;
        known();
      }
      await passed(this.#times.pauseMs, null, { signal }).catch(() => {});
    }
    known();
  }

  /** Whether the stream told anything and ended in order. */
  async #watchOnce(
    id: string,
    signal: AbortSignal,
    hear: (reply: EndpointActivityReply) => void,
  ): Promise<boolean> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), this.#times.silentMs);
    let wasHeard = false;
    try {
      await this.#source.watch(id, AbortSignal.any([signal, silence.signal]), (reply) => {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), this.#times.silentMs);
        wasHeard = true;
        hear(reply);
      });
      return wasHeard;
    } catch {
      // Whatever it was: a look by itself says whether it is there still, and says it as every command does.
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether what is wrong will not pass by itself: no key, or no such endpoint. */
export function isForGood({ exitCode }: CommandError): boolean {
  return exitCode === exitCodes.unauthorized || exitCode === exitCodes.notFound;
}
