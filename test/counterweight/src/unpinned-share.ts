// From the pooler's counters to the share of transactions that ran on a server connection which others used too.
import { addedTo, type PoolerFigures } from './metrics.ts';

/**
 * The least share of transactions between two readings that can have run unpinned, from 0 to 1.
 *
 * The pooler does not count transactions by the kind of their server connection. But a checkout of a shared server ends
 * with its transaction, and each pin, of a shared server or of a dedicated one, has one checkout that never ends: so
 * that at least `checkouts - pins` transactions ran unpinned, and all of them if there was no pin at all. Where a client
 * sends several transactions in one go the true share is higher than this.
 */
export function unpinnedShareLeast(before: PoolerFigures, after: PoolerFigures): number {
  if (before.serversPinned > 0) throw new Error('a server connection was pinned before the reading began');
  const transactions = after.transactions - before.transactions;
  if (transactions <= 0) throw new Error('no transaction ran');
  const pins = Object.values(addedTo(before.pins, after.pins)).reduce((sum, one) => sum + one, 0);
  if (pins === 0) return 1;
  const unpinned = after.checkouts - before.checkouts - pins;
  return Math.max(0, Math.min(unpinned, transactions - pins)) / transactions;
}
