// Medians, percentiles and ranges of samples.

/** The middle of a sample; NaN for an empty one. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Smallest and largest of a sample. */
export function range(values: readonly number[]): { readonly least: number; readonly most: number } {
  return { least: Math.min(...values), most: Math.max(...values) };
}

/** The least value that `part` (0 to 1) of the sample does not exceed; NaN for an empty one. */
export function percentile(values: readonly number[], part: number): number {
  return percentiles(values, [part])[0]!;
}

/** The same for several parts, of a sample that is put in order once. */
export function percentiles(values: readonly number[], parts: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return parts.map((part) => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN);
}
