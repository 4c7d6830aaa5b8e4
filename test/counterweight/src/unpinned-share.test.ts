// What the pooler's counters say of pins, from texts as it writes them.
import { expect, test } from 'vitest';
import { poolerFigures } from './metrics.ts';
import { unpinnedShare } from './unpinned-share.ts';

function figures(transactions: number, pinnedTransactions: number, serversPinned = 0) {
  const lines = [
    `weir_transactions_total{endpoint="ep-a"} ${transactions}`,
    `weir_pinned_transactions_total{endpoint="ep-a"} ${pinnedTransactions}`,
    'weir_checkouts_total{endpoint="ep-a"} 5',
    'weir_transactions_total{endpoint="ep-b"} 1000000',
    'weir_wait_seconds_sum{endpoint="ep-a"} 2.5',
    'weir_clients{endpoint="ep-a",state="active"} 2',
    'weir_clients{endpoint="ep-a",state="waiting"} 8',
    'weir_servers{endpoint="ep-a",state="active"} 2',
    `weir_servers{endpoint="ep-a",state="pinned"} ${serversPinned}`,
  ];
  return poolerFigures(lines.join('\n'), 'ep-a');
}

const before = figures(10, 0);

test('transactions on servers that stay with their client count against the share', () => {
  expect(unpinnedShare(before, figures(1010, 0))).toBe(1);
  expect(unpinnedShare(before, figures(1010, 500))).toBe(0.5);
  expect(unpinnedShare(before, figures(110, 100))).toBe(0);
});

test('what tells nothing is an error, not a share', () => {
  expect(() => unpinnedShare(before, before)).toThrow('no transaction ran');
  expect(() => unpinnedShare(figures(1, 0, 1), figures(2, 0))).toThrow('pinned before');
  expect(() => poolerFigures('', 'ep-a')).toThrow('no weir_transactions_total of ep-a');
});
