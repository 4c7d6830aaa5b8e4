// What goes out with a lease's requests, and how often it asks, with answers and time in the test's hand.
import { type LeaseAnswer, overtaken } from '@weir/leases';
import { Upstream } from '@weir/pooling';
import { expect, test } from 'vitest';
import { UpstreamLease } from './upstream-lease.ts';

function leaseOf(clock: { nowMs: number }) {
  const upstream = new Upstream('db', 8);
  const lease = new UpstreamLease(
    upstream,
    { id: 'a', memories: new Map(), seq: 0 },
    () => clock.nowMs,
    () => {},
  );
  upstream.lease = lease;
  return { upstream, lease };
}

const answered: LeaseAnswer = { ...overtaken, current: true, known: true, share: 4, limit: 4, budget: 8 };

test('what was found in the database while a request was under way goes out with the next one', () => {
  const { lease } = leaseOf({ nowMs: 0 });
  const asked = lease.ask('n', 0, false);
  const checked = { memory: 'm', strangers: 1 };
  const silent = { holder: 'b', seq: 1, charge: 0 };
  lease.seen(checked);
  lease.proven(silent);
  lease.answered(asked, { ...answered, unchecked: 'm' }, 1);
  const next = lease.ask('n', 2, false);
  expect(next.request).toMatchObject({ checked, silent });
  lease.answered(next, { ...answered, open: true }, 3);
  expect(lease.ask('n', 4, false).request).toMatchObject({ checked: null, silent: null });
});

test('who has slots and no right to open yet does not ask again at once, however often somebody wants one', () => {
  const clock = { nowMs: 0 };
  const { upstream, lease } = leaseOf(clock);
  lease.answered(lease.ask('n', 0, false), { ...answered, unchecked: 'm' }, 1);
  clock.nowMs = 1;
  expect(upstream.takeSlot(1)).toBe(false);
  expect(lease.nextAtMs).toBeGreaterThanOrEqual(100);
  lease.seen({ memory: 'm', strangers: 0 });
  expect(lease.nextAtMs).toBe(1);
});
