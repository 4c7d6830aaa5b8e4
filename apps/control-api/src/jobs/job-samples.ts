// The metrics of jobs at one scrape: what this process did, and what the catalog says is due, which is the same at all of them.
import type { DueCount } from '@weir/catalog';
import type { JobCounters } from '@weir/telemetry';
import { inTime } from './in-time.ts';
import type { JobMeter } from './job-meter.ts';

/** Scrapes need no key: however many come, the catalog is asked no more often. */
const askedEveryMs = 2_000;
/** What is not known by then is left out, so that a catalog that hangs costs a scrape no more than that. */
const answersWithinMs = 1_000;

/** `countDue` may reject; nothing is said of what is due then. */
export function jobSamples(parts: {
  readonly meter: JobMeter;
  readonly countDue: () => Promise<readonly DueCount[]>;
  /** Monotonic. */
  readonly nowMs: () => number;
}): () => Promise<readonly JobCounters[]> {
  const { meter, countDue, nowMs } = parts;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<readonly DueCount[]> = Promise.resolve([]);
  let isUnderWay = false;
  const dueNow = () => {
    // One that hangs keeps a connection of the catalog's few: no second one is asked beside it.
    if (!isUnderWay && nowMs() - askedAtMs >= askedEveryMs) {
      askedAtMs = nowMs();
      isUnderWay = true;
      answer = countDue()
        .catch(() => [])
        .finally(() => {
          isUnderWay = false;
        });
    }
    return inTime(answer, answersWithinMs, []);
  };
  return async () => {
    const due = await dueNow();
    const done = [...meter.all()].map(([job, totals]) => ({ job, ...totals }));
    return [
      ...done,
      ...due.map(({ job, count, oldestSeconds }) => ({ job, due: count, oldestDueSeconds: oldestSeconds })),
    ];
  };
}
