// The job queue over Redis: BullMQ carries wake-ups between processes, keeps the delayed ones, and tries failed ones again.
import { connectRedis, parseRedisAddress } from '@weir/fleet';
import type { Logger } from '@weir/telemetry';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { firstPauseMs, type JobKind, type JobQueue, jobKinds, triesMax } from './job-queue.ts';

const queueName = 'jobs';
// A worker that was killed holds its wake-up for so long; until another has it, the sweep does the work.
const lockMs = 5_000;
const closeWithinMs = 3_000;
const reconnectDelayMsMax = 1_000;

export interface BullmqQueueOptions {
  /** As `parseRedisAddress` reads it. */
  readonly url: string;
  /** Shown in Redis's CLIENT LIST. */
  readonly processId: string;
  readonly log: Logger;
  /** Before every key; `weir` unless told otherwise. */
  readonly keyPrefix?: string;
}

/** Connects in the background; a Redis that is away is waited for, and asked again by itself. */
export function createBullmqQueue(options: BullmqQueueOptions): JobQueue {
  const { log } = options;
  const address = parseRedisAddress(options.url);
  // In braces, so that a cluster keeps all of the queue in one place, as BullMQ's scripts need it.
  const prefix = `{${options.keyPrefix ?? 'weir'}:bull}`;
  const connections: Redis[] = [];
  const connect = (): Redis => {
    const connection = connectRedis(address, {
      connectionName: `weir:${options.processId}:jobs`,
      // BullMQ's own demand; a command waits for the connection, and at most one of each wake-up waits.
      maxRetriesPerRequest: null,
      retryStrategy: (attempts) => Math.min(50 * attempts, reconnectDelayMsMax),
    });
    connections.push(connection);
    return connection;
  };
  // The fleet's own connection to the same Redis tells of outages; here one line each would only say it again.
  const onError = (error: Error) => log.debug({ err: error }, 'the job queue has lost Redis');
  const queue = new Queue(queueName, { connection: connect(), prefix });
  queue.on('error', onError);
  let closed = false;
  /** Wake-ups on their way to Redis, by id: while one waits for a connection its like is not sent as well. */
  const sending = new Map<string, { again: boolean }>();

  const send = (kind: JobKind, delayMs: number) => {
    if (closed) return;
    const dueAt = Math.ceil((Date.now() + delayMs) / 1_000);
    const id = delayMs === 0 ? kind : `${kind}-${dueAt}`;
    const before = sending.get(id);
    if (before !== undefined) {
      before.again = true;
      return;
    }
    const state = { again: false };
    sending.set(id, state);
    queue
      .add(kind, null, {
        // One waits at most; what is asked for while one runs is run after it.
        ...(delayMs === 0
          ? { deduplication: { id, keepLastIfActive: true } }
          : { jobId: id, delay: delayMs }),
        attempts: triesMax,
        backoff: { type: 'exponential', delay: firstPauseMs },
        removeOnComplete: true,
        removeOnFail: true,
      })
      .catch(onError)
      .finally(() => {
        sending.delete(id);
        if (state.again && delayMs === 0) send(kind, 0);
      });
  };
  return {
    wake: (kind, delayMs = 0) => send(kind, delayMs),
    work(run) {
      const worker = new Worker(
        queueName,
        async ({ name }) => {
          // A newer release may know kinds that we do not; its own workers find those by their sweep.
          if (isKind(name)) await run(name);
        },
        {
          connection: connect(),
          prefix,
          concurrency: jobKinds.length,
          lockDuration: lockMs,
          stalledInterval: lockMs / 2,
        },
      );
      worker.on('error', onError);
      return () => inTime(worker.close());
    },
    async close() {
      closed = true;
      await inTime(queue.close());
      for (const connection of connections) connection.disconnect();
    },
  };
}

/** A good-bye to a Redis that is away would wait for ever. */
async function inTime(closing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeWithinMs);
  });
  await Promise.race([closing.catch(() => {}), tooLate]).finally(() => clearTimeout(timer));
}

function isKind(name: string): name is JobKind {
  return (jobKinds as readonly string[]).includes(name);
}
