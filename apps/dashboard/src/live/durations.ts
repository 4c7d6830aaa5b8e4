// Percentiles of times that are counted in classes, and what of ever rising counts belongs to a stretch of time.

/** What was counted between two readings of the same classes; null where counting began anew in between. */
export function countedBetween(earlier: readonly number[], later: readonly number[]): number[] | null {
  if (earlier.length !== later.length) return null;
  const between = later.map((count, index) => count - earlier[index]!);
  return between.some((count) => count < 0) ? null : between;
}

/**
 * The time in seconds that the share `quantile` of all observations did not exceed, straight between the bounds of its
 * class. Null without observations; what took longer than the last bound counts as that.
 */
export function quantileOf(
  boundsSeconds: readonly number[],
  counts: readonly number[],
  quantile: number,
): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let rest = quantile * total;
  for (const [index, count] of counts.entries()) {
    if (rest > count || count === 0) {
      rest -= count;
      continue;
    }
    const upper = boundsSeconds[index];
    if (upper === undefined) break;
    const lower = boundsSeconds[index - 1] ?? 0;
    return lower + ((upper - lower) * rest) / count;
  }
  return boundsSeconds.at(-1) ?? null;
}
