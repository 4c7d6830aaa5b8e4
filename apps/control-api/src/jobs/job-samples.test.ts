// A scrape shows what jobs came to and what is due, asks the catalog seldom, and does not wait for one that hangs.
import { createLogger } from '@weir/telemetry';
import { expect, test } from 'vitest';
import { JobMeter } from './job-meter.ts';
import type { JobKind, JobQueue } from './job-queue.ts';
import { jobSamples } from './job-samples.ts';
import { startWorker } from './start-worker.ts';

const due = [{ job: 'publish', count: 3, oldestSeconds: 7 }] as const;

test('the catalog is asked once for all scrapes of two seconds, and again afterwards', async () => {
  let asked = 0;
  let nowMs = 0;
  const countDue = async () => (asked++, due);
  const read = jobSamples({ meter: new JobMeter(), countDue, nowMs: () => nowMs });
  await Promise.all([read(), read()]);
  nowMs = 1_999;
  expect(await read()).toEqual([{ job: 'publish', due: 3, oldestDueSeconds: 7 }]);
  expect(asked).toBe(1);
  nowMs = 2_000;
  await read();
  expect(asked).toBe(2);
});

test('a catalog that fails or hangs takes what is due out of the scrape, and nothing else', async () => {
  const meter = new JobMeter();
  meter.of('prune').runs++;
  const says = async (countDue: () => Promise<never>) =>
    (await jobSamples({ meter, countDue, nowMs: () => 0 })()).map(({ job, runs }) => [job, runs]);
  expect(await says(() => Promise.reject(new Error('away')))).toEqual([['prune', 1]]);
  expect(await says(() => new Promise(() => {}))).toEqual([['prune', 1]]);
});

test('a catalog that hangs is not asked once more before it has answered', async () => {
  const answers: ((answer: typeof due) => void)[] = [];
  let nowMs = 0;
  const countDue = () => new Promise<typeof due>((resolve) => void answers.push(resolve));
  const read = jobSamples({ meter: new JobMeter(), countDue, nowMs: () => nowMs });
  expect(await read()).toEqual([]);
  nowMs = 60_000;
  const waiting = read();
  expect(answers).toHaveLength(1);
  answers[0]!(due);
  expect(await waiting).toHaveLength(1);
  void read();
  expect(answers).toHaveLength(2);
});

test('runs, failures and retries of each job are counted, with how long runs took', async () => {
  const meter = new JobMeter();
  let take: (kind: JobKind, attempt: number) => Promise<void> = async () => {};
  const queue: JobQueue = {
    wake() {},
    work(run) {
      take = run;
      return async () => {};
    },
    async close() {},
  };
  let fails = false;
  const worker = startWorker({
    queue,
    meter,
    log: createLogger({ name: 'test', level: 'silent' }),
    jobs: {
      prune: {
        kind: 'prune',
        run: async () => {
          if (fails) throw new Error('not now');
        },
        sweepEveryMs: 3_600_000,
        failing: 'it fails',
      },
    },
  });
  // The first one is the sweep's.
  await expect.poll(() => meter.of('prune').runs).toBe(1);
  fails = true;
  await expect(take('prune', 1)).rejects.toThrow('not now');
  fails = false;
  await take('prune', 2);
  const { runs, failures, retries, seconds } = meter.of('prune');
  expect({ runs, failures, retries }).toEqual({ runs: 3, failures: 1, retries: 1 });
  expect(seconds.counts.reduce((sum, count) => sum + count, 0)).toBe(3);
  await worker.close();
});
