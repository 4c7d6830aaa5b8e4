// How often one source may ask for something: a bucket of tokens for each, in bounded memory. Knows nothing of what is asked for.
import { type Bucket, bucketOf, RecentMap, takeToken } from '@weir/fleet';
import { sourceOf } from '@weir/net';

export interface SourceRateOptions {
  /** On average over time; twice as many at once. */
  readonly perSecond: number;
  readonly now: () => number;
  /** The longest silent ones are forgotten first, that is, allowed everything again. */
  readonly sourcesMax?: number;
}

// Some 2 MB; who has more addresses than that is not held up by a limit per address.
const sourcesMaxDefault = 20_000;

export class SourceRate {
  readonly #options: SourceRateOptions;
  readonly #buckets: RecentMap<string, Bucket>;

  constructor(options: SourceRateOptions) {
    this.#options = options;
    this.#buckets = new RecentMap(options.sourcesMax ?? sourcesMaxDefault);
  }

  /** Takes one; false: too many came from `address` lately. */
  take(address: string): boolean {
    const { perSecond, now } = this.#options;
    const source = sourceOf(address);
    const rule = { perSecond, burst: perSecond * 2 };
    const nowMs = now();
    return takeToken(bucketOf(this.#buckets, source, rule, nowMs), rule, nowMs, 0) !== null;
  }
}
