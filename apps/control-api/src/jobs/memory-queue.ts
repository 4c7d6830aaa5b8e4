// The job queue of one process: wake-ups are timers, and go with the process as its shared state does.
import { firstPauseMs, type JobKind, type JobQueue, triesMax } from './job-queue.ts';

/** For control-api and a pooler in one process, where there is no Redis. */
export function createMemoryQueue(): JobQueue {
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let run: ((kind: JobKind) => Promise<void>) | null = null;
  let closed = false;

  const later = (delayMs: number, then: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      then();
    }, delayMs);
    timers.add(timer);
  };
  const attempt = (kind: JobKind, tries: number) => {
    if (run === null || closed) return;
    const done = run(kind)
      .catch(() => {
        // Whoever runs it has logged it.
        if (tries < triesMax && !closed)
          later(firstPauseMs * 2 ** (tries - 1), () => attempt(kind, tries + 1));
      })
      .finally(() => running.delete(done));
    running.add(done);
  };
  return {
    wake(kind, delayMs = 0) {
      if (!closed) later(delayMs, () => attempt(kind, 1));
    },
    work(given) {
      run = given;
      return async () => {
        run = null;
        await Promise.all(running);
      };
    },
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
