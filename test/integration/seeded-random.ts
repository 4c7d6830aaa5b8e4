// Random choices that a printed seed replays.

/** A stream of choices; the same seed gives the same stream. */
export interface SeededRandom {
  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number;
  bytes(count: number): Uint8Array;
  pick<T>(items: readonly T[]): T;
  /** True one time in `n`. */
  oneIn(n: number): boolean;
}

/** A stream for one number (mulberry32). */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    below,
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
    pick: (items) => items[below(items.length)]!,
    oneIn: (n) => below(n) === 0,
  };
}

/** WEIR_SEED if it is set, else one made from the clock. */
export function chooseSeed(): number {
  return Number(process.env.WEIR_SEED ?? Date.now() % 1_000_000_000);
}
