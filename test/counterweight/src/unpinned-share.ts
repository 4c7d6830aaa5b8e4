// From the pooler's counters to the share of transactions that ran on a server connection which others used too.
import type { PoolerFigures } from './metrics.ts';

/**
 * The share of transactions between two readings that ran unpinned, from 0 to 1. A client that was moved to a server
 * connection of its own counts as pinned with all that it did there.
 */
export function unpinnedShare(before: PoolerFigures, after: PoolerFigures): number {
  if (before.serversPinned > 0) throw new Error('a server connection was pinned before the reading began');
  const transactions = after.transactions - before.transactions;
  if (transactions <= 0) throw new Error('no transaction ran');
  return 1 - (after.pinnedTransactions - before.pinnedTransactions) / transactions;
}
