// How fast the machine is at this moment: on a shared one that changes by the second, and runs are begun when it is at its best.
import { setTimeout as wait } from 'node:timers/promises';

const probeBytes = 16 * 1024 * 1024;
const probeLoops = 20_000_000;
const lookEachMs = 500;
/** A probe that takes so many times the shortest seen says that others have the machine. */
const slowFactor = 2;

/** What the last probe reckoned. */
export let lastSum = 0;

/** Milliseconds of a fixed piece of work: fresh memory, then arithmetic. */
export function probeMs(): number {
  const started = performance.now();
  const fresh = new Uint8Array(probeBytes);
  for (let i = 0; i < fresh.length; i += 4096) fresh[i] = 1;
  let sum = 0;
  for (let i = 0; i < probeLoops; i++) sum = (sum + i) | 0;
  // Kept, so that a compiler cannot leave the loop out.
  lastSum = sum;
  return performance.now() - started;
}

/** Waits for the machine to be about as fast as it has been at its best. */
export class MachineSpeed {
  bestMs = Number.POSITIVE_INFINITY;
  private readonly patienceMs: number;

  constructor(patienceMs: number) {
    this.patienceMs = patienceMs;
  }

  /** Resolves with the probe's time once it is good, or when the patience is at its end. */
  async whenFast(): Promise<number> {
    const until = performance.now() + this.patienceMs;
    for (;;) {
      const ms = probeMs();
      this.bestMs = Math.min(this.bestMs, ms);
      if (ms <= this.bestMs * slowFactor || performance.now() >= until) return ms;
      await wait(lookEachMs);
    }
  }
}
