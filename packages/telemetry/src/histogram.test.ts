// The histogram counts each observation once, in the bucket whose upper bound is the first not below it.
import { expect, test } from 'vitest';
import { Histogram, secondsBounds } from './histogram.ts';

test('an observation on a bound belongs to that bound, one above it to the next', () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0, 1, 1.5, 2, 2.5, Number.POSITIVE_INFINITY]) histogram.observe(value);
  expect([...histogram.counts]).toEqual([2, 2, 2]);
});

test('the sum is that of the observations', () => {
  const histogram = new Histogram();
  for (const value of [0.25, 0.5, 1]) histogram.observe(value);
  expect(histogram.sum).toBe(1.75);
});

test('the bounds for seconds ascend', () => {
  expect([...secondsBounds].sort((a, b) => a - b)).toEqual(secondsBounds);
});
