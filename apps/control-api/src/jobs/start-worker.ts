// The worker of a process: does the jobs that the queue wakes, and sweeps for what no wake-up came for.
import { plainCatalogError } from '@weir/catalog';
import type { Logger } from '@weir/telemetry';
import type { JobMeter, JobTotals } from './job-meter.ts';
import type { JobKind, JobQueue } from './job-queue.ts';
import { JobRunner } from './job-runner.ts';

/** Work of one kind. It may be done by several processes at once and any number of times: rows are locked and marked. */
export interface Job {
  readonly kind: JobKind;
  /** Does all that is due. `stopping` turns true when the process wants to leave. Rejects if it cannot be done now. */
  run(stopping: () => boolean): Promise<void>;
  /** How long what was left behind waits at most while everything works. */
  readonly sweepEveryMs: number;
  /** What the log says when it begins to fail. */
  readonly failing: string;
}

export interface JobWorker {
  /** Waits for what is in hand. */
  close(): Promise<void>;
}

/** Starts at once with everything that is due. Failures are logged when they begin and when they end. */
export function startWorker(parts: {
  readonly queue: JobQueue;
  readonly jobs: Readonly<Partial<Record<JobKind, Job>>>;
  readonly log: Logger;
  /** Counts what becomes of them. */
  readonly meter: JobMeter;
}): JobWorker {
  const { queue, jobs, log, meter } = parts;
  let closed = false;
  const stopping = () => closed;
  const started = Object.values(jobs).map((job) => {
    const run = counted(meter.of(job.kind), () => job.run(stopping));
    const runner = new JobRunner(watched(job, run, log));
    const sweep = () => void runner.ask().catch(() => {});
    const timer = setInterval(sweep, job.sweepEveryMs);
    sweep();
    return { job, runner, timer };
  });
  const runners = new Map(started.map(({ job, runner }) => [job.kind, runner]));
  const stopTaking = queue.work(async (kind, attempt) => {
    const runner = runners.get(kind);
    if (runner === undefined) return;
    if (attempt > 1) meter.of(kind).retries++;
    await runner.ask();
  });
  return {
    async close() {
      closed = true;
      for (const { timer } of started) clearInterval(timer);
      await stopTaking();
      await Promise.all(started.map(({ runner }) => runner.close()));
    },
  };
}

function counted(totals: JobTotals, run: () => Promise<void>): () => Promise<void> {
  return async () => {
    const begunMs = performance.now();
    totals.runs++;
    try {
      await run();
    } catch (error) {
      totals.failures++;
      throw error;
    } finally {
      totals.seconds.observe((performance.now() - begunMs) / 1_000);
    }
  };
}

/** `run`, with one line in the log when it begins to fail and one when it works again. */
function watched(job: Job, run: () => Promise<void>, log: Logger): () => Promise<void> {
  let failing = false;
  return async () => {
    try {
      await run();
      if (failing) log.info({ job: job.kind }, 'a job works again; what was left behind is done');
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ job: job.kind, err: plainCatalogError(error) }, job.failing);
      failing = true;
      throw error;
    }
  };
}
