// Percentiles from classes: straight between bounds, and nothing where nothing was counted.
import { expect, test } from 'vitest';
import { countedBetween, quantileOf } from './durations.ts';

const bounds = [1, 2, 4];

test('a percentile lies within the class that it falls into', () => {
  expect(quantileOf(bounds, [0, 10, 0, 0], 0.5)).toBe(1.5);
  expect(quantileOf(bounds, [10, 0, 0, 0], 0.99)).toBeCloseTo(0.99);
  expect(quantileOf(bounds, [98, 0, 2, 0], 0.99)).toBe(3);
  expect(quantileOf(bounds, [50, 0, 50, 0], 0.5)).toBe(1);
});

test('what took longer than every bound counts as the last one', () => {
  expect(quantileOf(bounds, [0, 0, 0, 5], 0.5)).toBe(4);
});

test('nothing counted has no percentile', () => {
  expect(quantileOf(bounds, [0, 0, 0, 0], 0.5)).toBeNull();
  expect(quantileOf([], [], 0.5)).toBeNull();
});

test('counts between two readings are their difference, unless a process began anew', () => {
  expect(countedBetween([1, 2], [4, 2])).toEqual([3, 0]);
  expect(countedBetween([5, 2], [4, 9])).toBeNull();
  expect(countedBetween([], [4, 9])).toBeNull();
});
