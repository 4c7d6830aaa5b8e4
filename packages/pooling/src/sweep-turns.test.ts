// A process that stood still hears what was said meanwhile before it judges anybody, and one that is always late judges all the same.
import { expect, test } from 'vitest';
import { SweepTurns } from './sweep-turns.ts';

test('each look is a turn while they come in time', () => {
  const turns = new SweepTurns(100, 0);
  for (const nowMs of [100, 205, 300, 800]) expect(turns.isDue(nowMs)).toBe(true);
});

test('after it stood still for long nobody is judged for a second', () => {
  const turns = new SweepTurns(100, 0);
  expect(turns.isDue(100)).toBe(true);
  for (const nowMs of [15_000, 15_100, 15_500, 15_900]) expect(turns.isDue(nowMs)).toBe(false);
  expect(turns.isDue(16_000)).toBe(true);
  expect(turns.isDue(16_100)).toBe(true);
});

test('a process that is late each time judges every other time', () => {
  const turns = new SweepTurns(100, 0);
  const due = Array.from({ length: 6 }, (_, index) => turns.isDue((index + 1) * 2_000));
  expect(due).toEqual([false, true, false, true, false, true]);
});
