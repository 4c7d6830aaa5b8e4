// The ceiling falls to what the server had room for, and rises by one at a time, later each time that this was refused.
import { expect, test } from 'vitest';
import { Ceiling } from './ceiling.ts';

test('several that are refused at once lower it to what is there, and count as one piece of news', () => {
  const ceiling = new Ceiling();
  for (const others of [12, 11, 10]) ceiling.refused(others, 0, 5);
  expect(ceiling.most).toBe(10);
  expect(ceiling.look(100, 1_004)).toBe(false);
  expect(ceiling.look(100, 1_005)).toBe(true);
  expect(ceiling.most).toBe(11);
});

test('each try beyond it that is refused makes the next one come later, up to half a minute', () => {
  const ceiling = new Ceiling();
  ceiling.refused(10, 0, 0);
  const pauses: number[] = [];
  for (let nowMs = 0, since = 0; pauses.length < 7; nowMs += 500) {
    if (!ceiling.look(100, nowMs)) continue;
    pauses.push(nowMs - since);
    ceiling.refused(10, nowMs, nowMs);
    since = nowMs;
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('where there is room again it rises by more each time, and is gone at the budget', () => {
  const ceiling = new Ceiling();
  ceiling.refused(10, 0, 0);
  const levels: number[] = [];
  for (let nowMs = 1_000; ceiling.most < 100; nowMs += 1_000) {
    ceiling.look(100, nowMs);
    levels.push(ceiling.most);
    ceiling.opened(ceiling.most);
  }
  expect(levels).toEqual([11, 13, 17, 25, 41, 73, Number.POSITIVE_INFINITY]);
});

test('it never falls below one, or nobody would see that there is room again', () => {
  const ceiling = new Ceiling();
  ceiling.refused(0, 0, 0);
  expect(ceiling.most).toBe(1);
});
