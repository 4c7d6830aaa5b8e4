// One job in one process: never twice at a time, and never a wish forgotten.
import { expect, test } from 'vitest';
import { JobRunner } from './job-runner.ts';

/** A job whose runs end when the test says so. */
function manualJob() {
  const ends: { succeed(): void; fail(): void }[] = [];
  const runner = new JobRunner(
    () =>
      new Promise<void>((resolve, reject) =>
        ends.push({ succeed: resolve, fail: () => reject(new Error('failed')) }),
      ),
  );
  return { runner, ends };
}

test('all who ask while it runs share one more run, which begins when the first has ended', async () => {
  const { runner, ends } = manualJob();
  const first = runner.ask();
  const others = [runner.ask(), runner.ask()];
  expect(ends).toHaveLength(1);
  ends[0]!.succeed();
  await first;
  await expect.poll(() => ends.length).toBe(2);
  ends[1]!.succeed();
  await Promise.all(others);
  expect(ends).toHaveLength(2);
});

test('a run that fails fails for those who asked for it, and the next one begins all the same', async () => {
  const { runner, ends } = manualJob();
  const first = runner.ask();
  const second = runner.ask();
  ends[0]!.fail();
  await expect(first).rejects.toThrow('failed');
  await expect.poll(() => ends.length).toBe(2);
  ends[1]!.succeed();
  await second;
});

test('a runner that closes waits for the run in hand and begins no other', async () => {
  const { runner, ends } = manualJob();
  const first = runner.ask();
  const second = runner.ask();
  const closed = runner.close();
  ends[0]!.succeed();
  await Promise.all([first, second, closed, runner.ask()]);
  expect(ends).toHaveLength(1);
});
