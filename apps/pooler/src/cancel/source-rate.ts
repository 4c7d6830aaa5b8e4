// How often one source may ask for something: a bucket of tokens for each, in bounded memory. Knows nothing of what is asked for.
import { RecentMap } from '@weir/fleet';
import { sourceOf } from '@weir/net';

/** A source and what it may still do. */
interface Bucket {
  tokens: number;
  atMs: number;
}

export interface SourceRateOptions {
  /** On average over time; as much again at once. */
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
    const atMs = now();
    const burst = perSecond * 2;
    const before = this.#buckets.get(source) ?? { tokens: burst, atMs };
    const tokens = Math.min(burst, before.tokens + ((atMs - before.atMs) / 1000) * perSecond);
    const allowed = tokens >= 1;
    this.#buckets.set(source, { tokens: allowed ? tokens - 1 : tokens, atMs });
    return allowed;
  }
}
