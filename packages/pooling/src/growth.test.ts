// Who gives way to whom where slots are short: servers that change pools, and those that must not since nothing could follow them.
import { loadSqlParser } from '@weir/sql';
import { beforeAll, describe, expect, test } from 'vitest';
import { SmallPool } from './testing/small-pool.ts';
import type { Lease } from './upstream.ts';

beforeAll(() => loadSqlParser());

/** A share of two slots of four; more was asked for. */
class ShortLease implements Lease {
  readonly most = 2;
  readonly refused = true;
  readonly heldElsewhere = 0;
  readonly isWantedElsewhere = false;
  /** Until then servers may be opened. */
  openUntilMs = Number.POSITIVE_INFINITY;

  hasOpenRight(nowMs: number): boolean {
    return nowMs < this.openUntilMs;
  }

  want(): void {}
  wantAhead(): void {}
  freed(): void {}
  idled(): void {}
}

/** Two servers that are busy for one pool, one of whose clients waits since the beginning; another pool has no server. */
function twoPools(lease: Lease | null) {
  const small = new SmallPool({}, lease === null ? 2 : 4);
  small.upstream.lease = lease;
  const cold = small.anotherPool('cold');
  const [first, second] = [small.client(), small.client()];
  small.send(first, 'select 1');
  const server = small.open();
  small.send(second, 'select 1');
  const other = small.open();
  return { small, cold, servers: [server, other] as const };
}

describe.each([
  ['that has the whole budget', () => null],
  ['that shares it with others', () => new ShortLease()],
])('in a process %s', (_, leaseOf) => {
  test('a pool with more than its part gives a server up for one that has waited a little and has none', () => {
    const { small, cold, servers } = twoPools(leaseOf());
    small.send(small.client(cold), 'select 1');
    small.nowMs += 100;
    small.answer(servers[0], 'SELECT 1');
    expect(small.closed).toEqual([{ server: servers[0], reason: 'yielded' }]);
    small.dispatcher.serverGone(servers[0], small.nowMs);
    expect(small.servers.at(-1)!.pool).toBe(cold);
  });

  test('an idle server closes for another pool at once', () => {
    const { small, cold, servers } = twoPools(leaseOf());
    small.answer(servers[0], 'SELECT 1');
    small.send(small.client(cold), 'select 1');
    expect(small.closed).toEqual([{ server: servers[0], reason: 'evicted' }]);
  });
});

describe.each([
  ['is about to end', 1_000],
  ['has ended', 0],
])('while the right to open %s', (_, leftMs) => {
  /** `whole`: the process has all of the budget. */
  function ending({ whole }: { whole: boolean }) {
    const lease = new ShortLease();
    const world = twoPools(lease);
    if (whole) world.small.upstream.budget = lease.most;
    lease.openUntilMs = world.small.nowMs + 100 + leftMs;
    return world;
  }

  test.each([{ whole: false }, { whole: true }])('no pool gives up a server that serves: $whole', (share) => {
    const { small, cold, servers } = ending(share);
    small.send(small.client(cold), 'select 1');
    small.nowMs += 100;
    small.answer(servers[0], 'SELECT 1');
    small.answer(servers[1], 'SELECT 1');
    small.direct(() => {});
    small.nowMs += 100;
    small.sweep();
    expect(small.closed).toEqual([]);
  });

  test('a server is kept beyond its age and its time of idleness', () => {
    const { small, servers } = ending({ whole: false });
    for (const server of servers) small.answer(server, 'SELECT 1');
    for (const server of servers) server.openedAtMs -= server.lifetimeMs + 1;
    small.pool.settings = { ...small.pool.settings, serverIdleTimeoutMs: 50 };
    small.nowMs += 100;
    small.sweep();
    expect(small.closed).toEqual([]);
  });
});
