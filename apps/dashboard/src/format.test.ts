// How values are written: units, plurals and dates.
import { expect, test } from 'vitest';
import { age, bytes, count, counted, date, decimal, duration, memory, period } from './format.ts';

test('memory is written in the unit people size machines by', () => {
  expect(memory(536_870_912)).toBe('512 MiB');
  expect(memory(1_073_741_824)).toBe('1 GiB');
  expect(memory(1_610_612_736)).toBe('1.5 GiB');
});

test('one is singular, everything else plural', () => {
  expect(counted(1, 'client')).toBe('1 client');
  expect(counted(0, 'client')).toBe('0 clients');
  expect(counted(12_000, 'client')).toBe('12,000 clients');
});

test('large numbers have separators', () => {
  expect(count(9_531_392)).toBe('9,531,392');
});

test('what is no date is shown as it came', () => {
  expect(date('2026-11-03T12:00:00Z')).toBe('Nov 3, 2026');
  expect(date('soon')).toBe('soon');
});

test('durations take the largest whole unit', () => {
  expect(duration(500)).toBe('500 ms');
  expect(duration(1500)).toBe('1.5 s');
  expect(duration(60_000)).toBe('60 s');
  expect(duration(300_000)).toBe('5 min');
  expect(duration(3_600_000)).toBe('1 h');
});

test('ages are rounded down to one unit, and clocks that disagree give none below zero', () => {
  expect([-50, 0, 999, 59_999].map(age)).toEqual(['0 s', '0 s', '0 s', '59 s']);
  expect([60_000, 433_000, 3_599_999].map(age)).toEqual(['1 min', '7 min', '59 min']);
  expect([3_600_000, 86_400_000, 900 * 86_400_000].map(age)).toEqual(['1 h', '1 d', '900 d']);
});

test('amounts and periods of usage stand in units that people read', () => {
  expect([0, 950, 1_200_000, 3e15].map(bytes)).toEqual(['0 B', '950 B', '1.2 MB', '3,000 TB']);
  expect([0.254, 1204.5].map(decimal)).toEqual(['0.25', '1,204.5']);
  const at = '2026-11-03T14:00:00.000Z';
  expect((['hour', 'day', 'month'] as const).map((by) => period(at, by))).toEqual([
    'Nov 3, 14:00',
    'Nov 3, 2026',
    'November 2026',
  ]);
});
