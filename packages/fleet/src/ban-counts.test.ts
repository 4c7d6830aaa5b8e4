// That whoever attacks from many addresses fills no memory, and bans of others stay.
import { expect, test } from 'vitest';
import { BanCounts, bansMax, sourcesMax } from './ban-counts.ts';

const rule = { failuresMax: 3, windowMs: 1_000, banMs: 5_000 };

test('a ban is in force until its end, and of its endpoint alone', () => {
  const counts = new BanCounts();
  expect([1, 2, 3].map(() => counts.failed('ep-a', 's', rule, 0))).toEqual([false, false, true]);
  expect([0, 4_999, 5_000].map((now) => counts.leftMs('ep-a', 's', now))).toEqual([5_000, 1, 0]);
  expect(counts.leftMs('ep-b', 's', 0)).toBe(0);
});

test('counts begin anew with each window', () => {
  const counts = new BanCounts();
  expect([0, 999, 1_000, 1_001].map((now) => counts.failed('ep-a', 's', rule, now))).toEqual(
    Array(4).fill(false),
  );
  expect(counts.failed('ep-a', 's', rule, 1_002)).toBe(true);
});

test('of more sources than are kept the oldest are forgotten, and those that go on failing are banned all the same', () => {
  const counts = new BanCounts();
  counts.failed('ep-a', 'first', rule, 0);
  for (let i = 0; i < sourcesMax * 2; i++) {
    counts.failed('ep-a', `s${i}`, rule, 0);
    if (i === sourcesMax / 2) counts.failed('ep-a', 'first', rule, 0);
  }
  expect(counts.failed('ep-a', 'first', rule, 0)).toBe(false);
  const last = `s${sourcesMax * 2 - 1}`;
  counts.failed('ep-a', last, rule, 0);
  expect(counts.failed('ep-a', last, rule, 0)).toBe(true);
});

test('of more bans than are kept the oldest end first', () => {
  const counts = new BanCounts();
  const once = { ...rule, failuresMax: 1 };
  for (let i = 0; i < bansMax + 10; i++) counts.failed('ep-a', `s${i}`, once, 0);
  expect(counts.all(0)).toHaveLength(bansMax);
  expect([counts.leftMs('ep-a', 's9', 0), counts.leftMs('ep-a', 's10', 0)]).toEqual([0, 5_000]);
});
