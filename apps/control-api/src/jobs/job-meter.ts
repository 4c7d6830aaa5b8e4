// What becomes of the jobs of this process, as numbers that a scrape reads.
import { Histogram } from '@weir/telemetry';
import type { JobKind } from './job-queue.ts';

/** Totals of one job since the process began. */
export interface JobTotals {
  runs: number;
  failures: number;
  retries: number;
  /** How long its runs took, failed ones too. */
  readonly seconds: Histogram;
}

export class JobMeter {
  readonly #totals = new Map<JobKind, JobTotals>();

  /** Of a job that this process does from now on, though it was not run yet. */
  of(kind: JobKind): JobTotals {
    let totals = this.#totals.get(kind);
    if (totals === undefined) {
      totals = { runs: 0, failures: 0, retries: 0, seconds: new Histogram() };
      this.#totals.set(kind, totals);
    }
    return totals;
  }

  all(): ReadonlyMap<JobKind, Readonly<JobTotals>> {
    return this.#totals;
  }
}
