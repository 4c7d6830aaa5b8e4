// Who ought to have how many slots, by what each needs.
import { expect, test } from 'vitest';
import { type Need, shareOut } from './share-out.ts';

function need(holder: string, count: number, more: Partial<Need> = {}): Need {
  return { holder, need: count, charge: 0, waitMs: 0, ...more };
}

function shares(budget: number, ...needs: Need[]): Record<string, number> {
  return Object.fromEntries(shareOut(budget, needs));
}

test('where there is enough everybody has what it needs', () => {
  expect(shares(10, need('a', 3), need('b', 7))).toEqual({ a: 3, b: 7 });
  expect(shares(10)).toEqual({});
});

test('where there is not, small needs are met and the rest is divided evenly', () => {
  expect(shares(10, need('a', 2), need('b', 9), need('c', 50))).toEqual({ a: 2, b: 4, c: 4 });
});

test('what does not divide evenly goes to those who have waited longest', () => {
  expect(shares(5, need('a', 9, { waitMs: 10 }), need('b', 9, { waitMs: 400 }))).toEqual({ a: 2, b: 3 });
});

test('who has more already keeps it until somebody has waited a quarter of a second longer', () => {
  const has = need('a', 9, { charge: 1 });
  expect(shares(1, has, need('b', 9, { waitMs: 200 }))).toEqual({ a: 1, b: 0 });
  expect(shares(1, has, need('b', 9, { waitMs: 300 }))).toEqual({ a: 0, b: 1 });
});
