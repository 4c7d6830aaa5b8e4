// What a bucket of tokens lets through at once, over time, and on credit.
import { expect, test } from 'vitest';
import { type Bucket, fullBucket, takeToken } from './token-bucket.ts';

const rule = { perSecond: 10, burst: 3 };

function take(bucket: Bucket, times: number, nowMs: number, waitMsMax = 0): (number | null)[] {
  return Array.from({ length: times }, () => takeToken(bucket, rule, nowMs, waitMsMax));
}

test('a full bucket gives its burst at once, and then one token each tenth of a second', () => {
  const bucket = fullBucket(rule, 0);
  expect(take(bucket, 4, 0)).toEqual([0, 0, 0, null]);
  expect(take(bucket, 1, 99)).toEqual([null]);
  expect(take(bucket, 2, 100)).toEqual([0, null]);
  expect(take(bucket, 4, 100_000)).toEqual([0, 0, 0, null]);
});

test('who may wait is told for how long, one after the other, and who would wait too long takes nothing', () => {
  const bucket = fullBucket(rule, 0);
  expect(take(bucket, 7, 0, 300)).toEqual([0, 0, 0, 100, 200, 300, null]);
  // What was promised is still owed.
  expect(take(bucket, 2, 100, 300)).toEqual([300, null]);
  expect(take(bucket, 1, 500, 0)).toEqual([0]);
});

test('a clock that goes back gives nothing away', () => {
  const bucket = fullBucket(rule, 1_000);
  take(bucket, 3, 1_000);
  expect(take(bucket, 1, 0)).toEqual([null]);
});
