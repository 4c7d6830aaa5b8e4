// Counts by word that several processes report, as one.

/** Each word with the sum of its counts. */
export function sumByWord(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const counts of all) {
    for (const [word, count] of Object.entries(counts)) sums.set(word, (sums.get(word) ?? 0) + count);
  }
  return Object.fromEntries(sums);
}
