// The job queue over BullMQ: it carries wake-ups between processes, keeps the delayed ones, and tries failed ones again.
import type { Logger } from '@weir/telemetry';
import { Queue, Worker } from 'bullmq';
import { inTime } from './in-time.ts';
import { firstPauseMs, type JobKind, type JobQueue, jobKinds, triesMax } from './job-queue.ts';
import type { WakeUpStore } from './wake-up-store.ts';

const queueName = 'jobs';
// A worker that was killed holds its wake-up for so long; until another has it, the sweep does the work.
const lockMs = 5_000;
const closeWithinMs = 3_000;
/** After a store that did not answer; the sweep does the work meanwhile. */
const askAgainMs = 1_000;
/** BullMQ writes down what became of wake-ups, and nobody here reads it. */
const eventsMax = 100;

/** Closes `store` with itself. */
export function createBullmqQueue({
  store,
  log,
}: {
  readonly store: WakeUpStore;
  readonly log: Logger;
}): JobQueue {
  // Whoever else is connected there tells of outages; here one line each would only say it again.
  const onError = (error: Error) => log.debug({ err: error }, 'the job queue has lost its store');
  const leaving = new AbortController();
  const opened = store.open((options, backend) => {
    const queue = new Queue(queueName, { ...options, streams: { events: { maxLen: eventsMax } } }, backend);
    return queue.on('error', onError);
  }, leaving.signal);
  let closed = false;
  /** Wake-ups on their way to the store, by id: while one waits for a connection its like is not sent as well. */
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
    opened
      .then((queue) =>
        queue?.add(kind, null, {
          // One waits at most; what is asked for while one runs is run after it.
          ...(delayMs === 0
            ? { deduplication: { id, keepLastIfActive: true } }
            : { jobId: id, delay: delayMs }),
          attempts: triesMax,
          backoff: { type: 'exponential', delay: firstPauseMs },
          removeOnComplete: true,
          removeOnFail: true,
        }),
      )
      .catch(onError)
      .finally(() => {
        sending.delete(id);
        if (state.again && delayMs === 0) send(kind, 0);
      });
  };
  return {
    wake: (kind, delayMs = 0) => send(kind, delayMs),
    work(run) {
      const stopping = new AbortController();
      const working = store.open((options, backend) => {
        const worker = new Worker(
          queueName,
          async ({ name, attemptsMade }) => {
            // A newer release may know kinds that we do not; its own workers find those by their sweep.
            if (isKind(name)) await run(name, attemptsMade + 1);
          },
          {
            ...options,
            concurrency: jobKinds.length,
            lockDuration: lockMs,
            stalledInterval: lockMs / 2,
            runRetryDelay: askAgainMs,
          },
          backend,
        );
        return worker.on('error', onError);
      }, stopping.signal);
      return () => {
        stopping.abort();
        return ended(working.then((worker) => worker?.close()));
      };
    },
    async close() {
      closed = true;
      leaving.abort();
      await ended(opened.then((queue) => queue?.close()));
      await ended(store.close());
    },
  };
}

/** A good-bye to a store that is away would wait for ever. */
function ended(closing: Promise<void>): Promise<void> {
  const whatever = closing.catch(() => {});
  return inTime(whatever, closeWithinMs, undefined);
}

function isKind(name: string): name is JobKind {
  return (jobKinds as readonly string[]).includes(name);
}
