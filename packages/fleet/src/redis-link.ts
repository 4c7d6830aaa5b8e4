// One connection to Redis that never makes a caller wait long: fails within a deadline, reconnects by itself, says how it is.
import type { Cluster, Redis } from 'ioredis';
import { FleetUnavailableError } from './contract.ts';
import type { RedisAddress } from './redis-address.ts';
import { connectRedis, connectRedisListener } from './redis-connect.ts';

export interface RedisLinkOptions {
  readonly address: RedisAddress;
  /** Shown in Redis's CLIENT LIST. */
  readonly name: string;
  /** It will subscribe to channels, and nothing else. */
  readonly hears?: boolean;
  /** Called each time the connection becomes usable, the first time included. */
  readonly onReady?: () => void;
  /** Callers are promised an answer within 1 s; 900 ms unless told otherwise, the rest is for the event loop. */
  readonly answerTimeoutMs?: number | undefined;
}

type RedisArgument = string | number;

/** Its name, in small letters as ioredis has it, and its arguments. */
export type RedisCommand = readonly [string, ...RedisArgument[]];

const heartbeatIntervalMs = 1_000;
// So long without an answer, and the socket is given up, though TCP has not noticed anything yet.
const silenceMsMax = 3_000;
const reconnectDelayMsMax = 1_000;

export class RedisLink {
  readonly client: Redis;
  /** Commands for several keys may reach several servers. */
  readonly isCluster: boolean;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #firstAttempt: Promise<void>;
  readonly #answerTimeoutMs: number;
  #answered = false;
  #closed = false;
  #lastError: Error | null = null;

  constructor(options: RedisLinkOptions) {
    this.#answerTimeoutMs = options.answerTimeoutMs ?? 900;
    this.isCluster = options.address.kind === 'cluster';
    const connect = options.hears === true ? connectRedisListener : connectRedis;
    this.client = connect(options.address, {
      protocol: 2,
      connectionName: options.name,
      socketTimeout: silenceMsMax,
      retryStrategy: (attempts) => Math.min(50 * attempts, reconnectDelayMsMax) * (0.75 + Math.random() / 2),
      // Commands are never kept for later: whoever asked has been told «unavailable» by then and has gone on.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
    });
    this.client.on('error', (error: Error) => {
      this.#lastError = error;
    });
    this.client.on('close', () => {
      this.#answered = false;
    });
    this.client.on('ready', () => {
      this.#answered = true;
      this.#lastError = null;
      options.onReady?.();
    });
    // ioredis gives up where it is told to disconnect while it connects. Whatever told it, a link ends by `close` alone.
    this.client.on('end', () => {
      if (this.#closed) return;
      setTimeout(() => {
        if (!this.#closed) this.client.connect().catch(() => {});
      }, reconnectDelayMsMax).unref();
    });
    this.#firstAttempt = new Promise((resolve) => {
      this.client.once('ready', resolve);
      this.client.once('close', resolve);
    });
    this.#heartbeat = setInterval(() => {
      if (this.client.status !== 'ready') return;
      this.run((client) => client.ping()).catch(() => {});
    }, heartbeatIntervalMs);
    this.#heartbeat.unref();
  }

  /** True if Redis answered the last time it was asked, at most a heartbeat ago. */
  healthy(): boolean {
    return this.#answered && this.client.status === 'ready' && !this.#closed;
  }

  /** Runs one command or pipeline. Rejects with FleetUnavailableError within 1 s, whatever Redis does. */
  async run<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    const answerTimeoutMs = this.#answerTimeoutMs;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        // If this process itself stood still, the answer may lie unread in the socket: read that before giving up.
        setImmediate(() => setImmediate(reject, new Error(`no answer within ${answerTimeoutMs} ms`)));
      }, answerTimeoutMs);
    });
    try {
      const answer = await Promise.race([this.#runWhenConnected(command), deadline]);
      this.#answered = true;
      return answer;
    } catch (cause) {
      // An error that Redis itself replied is an answer; anything else is the lack of one.
      if ((cause as Error).name !== 'ReplyError') this.#answered = false;
      throw this.#unavailable(cause as Error);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * What each of these is answered, or the error it got, in their order. They depend on each other in nothing: a cluster
   * runs them in any order, and of a node that is away only its own fail.
   */
  async batch(commands: readonly RedisCommand[]): Promise<Answers> {
    if (!this.isCluster) return this.run((client) => pipelined(client, commands));
    return Promise.all(
      commands.map((command) =>
        this.run((client) => sent(client, command)).then(
          (reply) => [null, reply] as const,
          (error: Error) => [error, undefined] as const,
        ),
      ),
    );
  }

  /** Runs them one after the other; rejects with the first error. */
  async sequence(commands: readonly RedisCommand[]): Promise<readonly unknown[]> {
    if (!this.isCluster) return this.run(async (client) => repliesOf(await pipelined(client, commands)));
    const replies: unknown[] = [];
    for (const command of commands) replies.push(await this.run((client) => sent(client, command)));
    return replies;
  }

  /** How many listen to a channel, over all nodes of a cluster, of which each knows its own only. */
  async listeners(channel: string): Promise<number> {
    return this.run(async (client) => {
      const nodes = this.isCluster ? (client as unknown as Cluster).nodes() : [client];
      const counts = await Promise.all(
        nodes.map((node) =>
          node.pubsub('NUMSUB', channel).then(
            ([, count]) => Number(count),
            () => 0,
          ),
        ),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    });
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    this.client.disconnect();
  }

  async #runWhenConnected<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('this process has closed its connection');
    // Only a process that has just started waits for its connection; later a lost one is an answer in itself.
    if (this.client.status !== 'ready') await this.#firstAttempt;
    if (this.client.status !== 'ready')
      throw this.#lastError ?? new Error(`connection is ${this.client.status}`);
    return command(this.client);
  }

  #unavailable(cause: Error): FleetUnavailableError {
    if (cause instanceof FleetUnavailableError) return cause;
    const code = (cause as NodeJS.ErrnoException).code;
    return new FleetUnavailableError(
      `shared state cannot be reached: ${cause.message || code || cause.name}`,
      {
        cause,
      },
    );
  }
}

type Answers = readonly (readonly [Error | null, unknown])[];

async function pipelined(client: Redis, commands: readonly RedisCommand[]): Promise<Answers> {
  return (await client.pipeline(commands.map((command) => [...command])).exec()) ?? [];
}

/** Scripts that were defined are commands as well. */
function sent(client: Redis, [name, ...args]: RedisCommand): Promise<unknown> {
  return (client as unknown as Record<string, (...args: RedisArgument[]) => Promise<unknown>>)[name]!(
    ...args,
  );
}

function repliesOf(answers: Answers): unknown[] {
  return answers.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
