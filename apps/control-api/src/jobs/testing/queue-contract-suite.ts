// What the job queue promises, as tests that run over each store of wake-ups.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobKind, JobQueue } from '../job-queue.ts';

/** Two ends of one queue: of a process that asks, and of one that works. */
export interface QueueEnds {
  readonly asking: JobQueue;
  readonly working: JobQueue;
}

export function describeQueueContract(name: string, open: () => Promise<QueueEnds>): void {
  describe(`the job queue, ${name}`, () => {
    let ends: QueueEnds;
    let stop: () => Promise<void> = async () => {};
    beforeEach(async () => {
      ends = await open();
    });
    afterEach(async () => {
      await stop();
      await ends.working.close();
      await ends.asking.close();
    });

    test('whoever is woken is told the kind, and nothing else is run', async () => {
      const ran: JobKind[] = [];
      stop = ends.working.work(async (kind) => void ran.push(kind));
      ends.asking.wake('prune');
      await expect.poll(() => ran, { timeout: 10_000 }).toEqual(['prune']);
    });

    test('what is asked for while a run is under way is run after it', async () => {
      const finish: (() => void)[] = [];
      stop = ends.working.work(() => new Promise<void>((resolve) => finish.push(resolve)));
      ends.asking.wake('publish');
      await expect.poll(() => finish.length, { timeout: 10_000 }).toBe(1);
      for (let wish = 0; wish < 20; wish++) ends.asking.wake('publish');
      finish[0]!();
      await expect.poll(() => finish.length, { timeout: 10_000 }).toBeGreaterThan(1);
      // The worker may be stopped only when all it runs has ended.
      stop = stoppingWith(stop, () => {
        for (const end of finish) end();
      });
    });

    test('a wake-up for later comes no earlier', async () => {
      let ranAt = 0;
      stop = ends.working.work(async () => {
        ranAt = Date.now();
      });
      const asked = Date.now();
      ends.asking.wake('prune', 300);
      await expect.poll(() => ranAt, { timeout: 10_000 }).toBeGreaterThan(0);
      expect(ranAt - asked).toBeGreaterThanOrEqual(290);
    });

    test('a run that fails is tried again, and knows which attempt it is', async () => {
      const attempts: number[] = [];
      stop = ends.working.work(async (_kind, attempt) => {
        attempts.push(attempt);
        if (attempt < 3) throw new Error('not yet');
      });
      ends.asking.wake('publish');
      await expect.poll(() => attempts, { timeout: 10_000 }).toEqual([1, 2, 3]);
    });

    test('a worker that stops waits for what it runs', async () => {
      const order: string[] = [];
      let finish = () => {};
      const working = ends.working.work(async () => {
        order.push('begun');
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        order.push('ended');
      });
      ends.asking.wake('publish');
      await expect.poll(() => order.length, { timeout: 10_000 }).toBe(1);
      const stopped = working().then(() => order.push('stopped'));
      finish();
      await stopped;
      stop = async () => {};
      expect(order).toEqual(['begun', 'ended', 'stopped']);
    });
  });
}

function stoppingWith(stop: () => Promise<void>, release: () => void): () => Promise<void> {
  return async () => {
    const stopped = stop();
    release();
    await stopped;
  };
}
