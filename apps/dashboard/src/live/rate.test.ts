// The rate of transactions: over the window only, and silent where the counter cannot be trusted.
import { expect, test } from 'vitest';
import { transactionsPerSecond } from './rate.ts';

const reading = (second: number, transactionsTotal: number) => ({
  at: new Date(1_000_000 + second * 1000).toISOString(),
  totals: { transactionsTotal },
});

test('one reading is no rate', () => {
  expect(transactionsPerSecond([])).toBeNull();
  expect(transactionsPerSecond([reading(0, 5)])).toBeNull();
});

test('the rate is that of the last five seconds', () => {
  const history = [reading(0, 0), reading(5, 100), reading(7, 300), reading(10, 600)];
  expect(transactionsPerSecond(history)).toBe(100);
});

test('a counter that started anew gives no rate', () => {
  expect(transactionsPerSecond([reading(0, 500), reading(1, 20)])).toBeNull();
});
