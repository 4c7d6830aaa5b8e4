// What goes out with a lease's requests, and how often it asks, with answers and time in the test's hand.
import { expect, test } from 'vitest';
import { EndedProcesses } from './ended-processes.ts';
import { LeaseQueue } from './lease-queue.ts';
import { type LeaseAnswer, overtaken } from './rule.ts';
import { rightsOverMs } from './times.ts';
import { UpstreamLease } from './upstream-lease.ts';

const idle = { id: 'db', budget: 8, used: 0, idle: 0, direct: 0, pinned: 0 };

function leaseOf(clock: { nowMs: number }, waiters = 0, ahead = 0): UpstreamLease {
  const upstream = {
    ...idle,
    pools: new Set(['app']),
    directWaiters: [],
    wanted: () => ({ count: waiters, waitMs: 0 }),
    wantedAhead: () => ahead,
  };
  const process = { id: 'a', memories: new Map(), ended: new EndedProcesses(), seq: 0 };
  return new UpstreamLease(upstream, process, {
    queue: new LeaseQueue(),
    now: () => clock.nowMs,
    random: () => 0.5,
    wake() {},
  });
}

const answered: LeaseAnswer = { ...overtaken, current: true, known: true, share: 4, limit: 4, budget: 8 };

test('what was found in the database while a request was under way goes out with the next one', () => {
  const lease = leaseOf({ nowMs: 0 });
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
  const lease = leaseOf(clock);
  lease.answered(lease.ask('n', 0, false), { ...answered, unchecked: 'm' }, 1);
  clock.nowMs = 1;
  lease.want();
  expect(lease.nextAtMs).toBeGreaterThanOrEqual(100);
  lease.seen({ memory: 'm', strangers: 0 });
  expect(lease.nextAtMs).toBe(1);
});

test('where nothing is open and nobody wants anything, slots are given back and nothing is renewed until somebody does', () => {
  const clock = { nowMs: 0 };
  const lease = leaseOf(clock);
  const ask = () => {
    const asked = lease.ask('n', clock.nowMs, false);
    lease.answered(asked, { ...answered, share: asked.request.keep, open: true }, clock.nowMs);
    return asked.request;
  };
  lease.answered(lease.ask('n', 0, false), { ...answered, open: true }, 0);
  clock.nowMs = 2_000;
  expect(lease.isDue(2_000)).toBe(true);
  expect(ask().keep).toBe(1);
  clock.nowMs = 4_000;
  expect(lease.isDue(4_000)).toBe(true);
  expect(ask().keep).toBe(0);
  clock.nowMs = 60_000;
  expect(lease.isDue(60_000)).toBe(false);
  lease.want();
  expect(lease.isDue(60_000)).toBe(true);
});

test('what would be opened ahead of demand is asked for as what nobody waits for, and no sooner than rights are renewed', () => {
  const clock = { nowMs: 0 };
  const lease = leaseOf(clock, 0, 3);
  const asked = lease.ask('n', 0, false);
  // One of them is kept at hand by everybody.
  expect(asked.request).toMatchObject({ wanted: 0, keep: 0, spare: 4 });
  lease.answered(asked, { ...answered, share: 0, open: true }, 0);
  clock.nowMs = 60_000;
  expect(lease.isDue(60_000)).toBe(false);
  lease.wantAhead();
  expect(lease.isDue(60_000)).toBe(true);
  lease.answered(lease.ask('n', 60_000, false), { ...answered, share: 0, open: true }, 60_000);
  lease.wantAhead();
  expect(lease.nextAtMs).toBe(61_000);
  expect(lease.ask('n', 61_000, true).request.spare).toBe(0);
});

test('who was asked to come down asks for nothing ahead', () => {
  const lease = leaseOf({ nowMs: 0 }, 0, 3);
  lease.answered(lease.ask('n', 0, false), { ...answered, open: true }, 0);
  lease.noted(2);
  expect(lease.ask('n', 1, false).request).toMatchObject({ keep: 0, spare: 0 });
});

test('a holder that has fallen silent is looked for only by who waits for its slots', () => {
  const clock = { nowMs: 0 };
  const lease = leaseOf(clock, 1);
  const hear = (share: number): void => {
    const others = [{ holder: 'b', seq: 1, charge: 6 }];
    lease.answered(lease.ask('n', clock.nowMs, false), { ...answered, share, others }, clock.nowMs);
  };
  for (; clock.nowMs < rightsOverMs; clock.nowMs += 500) hear(4);
  hear(4);
  expect(lease.silentInTheWay(clock.nowMs)).toBeNull();
  hear(0);
  expect(lease.silentInTheWay(clock.nowMs)).toMatchObject({ holder: 'b', charge: 6 });
});
