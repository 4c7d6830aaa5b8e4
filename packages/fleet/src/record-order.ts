// Which of two publications of one endpoint is newer, and what a complete marker makes of a record. Pure; the Lua says the same.

/** Where a publication stands: the catalog's epoch first, the endpoint's generation within it. */
export interface RecordOrder {
  readonly epoch: number;
  readonly generation: number;
}

/** True if `candidate` may replace `current`; equal is not newer. */
export function isNewer(candidate: RecordOrder, current: RecordOrder | undefined): boolean {
  if (current === undefined) return true;
  if (candidate.epoch !== current.epoch) return candidate.epoch > current.epoch;
  return candidate.generation > current.generation;
}

/**
 * True if a complete publication of a later epoch came by without naming this record again: the catalog was
 * restored from a time when the endpoint did not exist.
 */
export function isLeftOver(record: RecordOrder, completeEpoch: number | null): boolean {
  return completeEpoch !== null && record.epoch < completeEpoch;
}
