// What the pooler's counters say of pins, from texts as it writes them.
import { expect, test } from 'vitest';
import { poolerFigures } from './metrics.ts';
import { unpinnedShareLeast } from './unpinned-share.ts';

function figures(transactions: number, checkouts: number, pins: Record<string, number>, pinned = 0) {
  const lines = [
    `weir_transactions_total{endpoint="ep-a"} ${transactions}`,
    `weir_checkouts_total{endpoint="ep-a"} ${checkouts}`,
    'weir_transactions_total{endpoint="ep-b"} 1000000',
    'weir_wait_seconds_sum{endpoint="ep-a"} 2.5',
    'weir_clients{endpoint="ep-a",state="active"} 2',
    'weir_clients{endpoint="ep-a",state="waiting"} 8',
    'weir_servers{endpoint="ep-a",state="active"} 2',
    `weir_servers{endpoint="ep-a",state="pinned"} ${pinned}`,
    ...Object.entries(pins).map(
      ([reason, count]) => `weir_pins_total{endpoint="ep-a",reason="${reason}"} ${count}`,
    ),
  ];
  return poolerFigures(lines.join('\n'), 'ep-a');
}

const before = figures(10, 10, {});

test('without a pin every transaction ran unpinned, however many there were in a checkout', () => {
  expect(unpinnedShareLeast(before, figures(1010, 210, {}))).toBe(1);
});

test('a client that was moved to a server of its own counts with all that it did there', () => {
  // 500 checkouts of shared servers, and one that 500 transactions ran on.
  expect(unpinnedShareLeast(before, figures(1010, 511, { listen: 1 }))).toBe(0.5);
});

test('clients that were pinned from their first transaction on leave nothing', () => {
  expect(unpinnedShareLeast(before, figures(110, 14, { 'temp-object': 4 }))).toBe(0);
});

test('what tells nothing is an error, not a share', () => {
  expect(() => unpinnedShareLeast(before, before)).toThrow('no transaction ran');
  expect(() => unpinnedShareLeast(figures(1, 1, {}, 1), figures(2, 2, {}))).toThrow('pinned before');
  expect(() => poolerFigures('', 'ep-a')).toThrow('no weir_transactions_total of ep-a');
});
