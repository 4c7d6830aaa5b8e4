// One connection to Redis that never makes a caller wait long: fails within a deadline, reconnects by itself, says how it is.
import { type ChainableCommander, Redis } from 'ioredis';
import { FleetUnavailableError } from './contract.ts';

export interface RedisLinkOptions {
  readonly url: string;
  /** Shown in Redis's CLIENT LIST. */
  readonly name: string;
  /** Called each time the connection becomes usable, the first time included. */
  readonly onReady?: () => void;
  /** Callers are promised an answer within 1 s; 900 ms unless told otherwise, the rest is for the event loop. */
  readonly answerTimeoutMs?: number | undefined;
}

const heartbeatIntervalMs = 1_000;
// So long without an answer, and the socket is given up, though TCP has not noticed anything yet.
const silenceMsMax = 3_000;
const reconnectDelayMsMax = 1_000;

export class RedisLink {
  readonly client: Redis;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #firstAttempt: Promise<void>;
  readonly #answerTimeoutMs: number;
  #answered = false;
  #closed = false;
  #lastError: Error | null = null;

  constructor(options: RedisLinkOptions) {
    this.#answerTimeoutMs = options.answerTimeoutMs ?? 900;
    this.client = new Redis(options.url, {
      protocol: 2,
      connectionName: options.name,
      connectTimeout: 2_000,
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

/** What each command of a pipeline was answered, in order. Rejects with the first error among them. */
export async function repliesOf(pipeline: ChainableCommander): Promise<unknown[]> {
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
