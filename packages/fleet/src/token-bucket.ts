// How often something may be done: a bucket of tokens, which is filled as time passes. Pure; the clock is the caller's.
import type { RecentMap } from './recent-map.ts';

export interface BucketRule {
  /** On average over time. */
  readonly perSecond: number;
  /** As many at once after a pause. */
  readonly burst: number;
}

export interface Bucket {
  /** Below 0: so many have been promised that their tokens are still to come. */
  level: number;
  atMs: number;
}

export function fullBucket(rule: BucketRule, nowMs: number): Bucket {
  return { level: rule.burst, atMs: nowMs };
}

/** The bucket of that name, a full one if it is not known; it is the one used last now. */
export function bucketOf(
  buckets: RecentMap<string, Bucket>,
  name: string,
  rule: BucketRule,
  nowMs: number,
): Bucket {
  const bucket = buckets.get(name) ?? fullBucket(rule, nowMs);
  buckets.set(name, bucket);
  return bucket;
}

/** Brings `bucket` to `nowMs`. A clock that went back fills nothing. */
export function fill(bucket: Bucket, rule: BucketRule, nowMs: number): void {
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  bucket.level = Math.min(rule.burst, bucket.level + (passedMs / 1000) * rule.perSecond);
  bucket.atMs = nowMs;
}

/**
 * Takes a token that is there, or one that is still to come: in how many ms that is. Null: it would be more than
 * `waitMsMax`, and nothing is taken.
 */
export function takeToken(bucket: Bucket, rule: BucketRule, nowMs: number, waitMsMax: number): number | null {
  fill(bucket, rule, nowMs);
  const waitMs = Math.max(0, ((1 - bucket.level) / rule.perSecond) * 1000);
  if (waitMs > waitMsMax) return null;
  bucket.level -= 1;
  return waitMs;
}
