// Leases over Redis: requests in one pipeline, the rule as a script there, and notes by a channel.
import { type LeaseAnswer, type LeaseNote, overtaken } from '@weir/leases';
import { type ChainableCommander, Redis } from 'ioredis';
import type { LeaseAsk, LeaseStore, RegisteredServer } from './contract.ts';
import { freshLeasesLua, leaseLua } from './leases-lua.ts';
import { type RedisKeys, redisKeys } from './redis-keys.ts';
import { RedisLink, type RedisLinkOptions } from './redis-link.ts';

export interface RedisLeasesOptions {
  readonly link: RedisLink;
  readonly keys: RedisKeys;
  /** How to connect a second time, for the notes. */
  readonly subscriber: RedisLinkOptions;
}

/** As `defineCommand` adds it. */
interface LeaseCommands {
  weirLease(...keysAndArguments: (string | number)[]): ChainableCommander;
}

export class RedisLeases implements LeaseStore {
  readonly #options: RedisLeasesOptions;
  readonly #listeners = new Set<(note: LeaseNote) => void>();
  #subscriber: RedisLink | null = null;

  constructor(options: RedisLeasesOptions) {
    this.#options = options;
    options.link.client.defineCommand('weirLease', { numberOfKeys: 3, lua: leaseLua });
  }

  async ask(asks: readonly LeaseAsk[]): Promise<readonly (LeaseAnswer | null)[]> {
    const { link, keys } = this.#options;
    const replies = await link.run((client) => {
      const pipeline = client.pipeline();
      for (const { request, opened, gone } of asks) {
        const { memory, holders, servers } = keys.leases(request.upstream);
        const roles = Object.fromEntries(opened.map(({ processId, role }) => [processId, role]));
        (pipeline as unknown as LeaseCommands).weirLease(
          memory,
          holders,
          servers,
          JSON.stringify(request),
          keys.leaseNotes,
          JSON.stringify(roles),
          JSON.stringify(gone),
          '',
          '',
        );
      }
      return pipeline.exec();
    });
    const answers = (replies ?? []).map(([error, reply]) => (error === null ? readLeaseAnswer(reply) : null));
    const failure = (replies ?? []).find(([error]) => error !== null)?.[0];
    if (failure != null && answers.every((answer) => answer === null)) {
      await link.run(() => Promise.reject(failure));
    }
    return answers;
  }

  onNote(listener: (note: LeaseNote) => void): () => void {
    this.#subscriber ??= this.#subscribe();
    const own = (note: LeaseNote): void => listener(note);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
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
    this.#subscriber?.close();
  }

  #subscribe(): RedisLink {
    const { keys } = this.#options;
    const subscriber = new RedisLink({
      ...this.#options.subscriber,
      onReady: () => {
        // What was said meanwhile each holder hears with its next request.
        subscriber
          .run((client) => client.subscribe(keys.leaseNotes))
          .catch(() => subscriber.client.disconnect(true));
      },
    });
    subscriber.client.on('message', (_channel: string, text: string) => {
      const note = readNote(text);
      if (note !== null) for (const listener of this.#listeners) listener(note);
    });
    return subscriber;
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
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
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
