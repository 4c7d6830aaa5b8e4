// Server connections that a pool keeps open ahead of demand: when they are opened, for how long they stay, who goes before them.
import { loadSqlParser } from '@weir/sql';
import { beforeAll, describe, expect, test } from 'vitest';
import { killPool, pausePool, resumePool } from './orders.ts';
import type { Pool, PoolSettings } from './pool.ts';
import { SmallPool } from './testing/small-pool.ts';
import type { Lease } from './upstream.ts';

beforeAll(() => loadSqlParser());

const idleMs = 10_000;

/** A pool that keeps three, in use by one client that has asked nothing yet. */
function threeKept(settings: Partial<PoolSettings> = {}, budget = 10) {
  const small = new SmallPool({ sizeMin: 3, serverIdleTimeoutMs: idleMs, ...settings }, budget);
  return { small, client: small.client() };
}

/** Sweeps, and opens what was begun, until nothing more is. */
function settle(small: SmallPool): void {
  for (;;) {
    small.nowMs += 100;
    small.sweep();
    const opening = small.servers.filter(({ state }) => state === 'opening');
    if (opening.length === 0) return;
    for (const server of opening) small.open(server);
  }
}

/** The servers that were told to close have done so. */
function goneAll(small: SmallPool): void {
  for (const { server } of small.closed.splice(0)) small.dispatcher.serverGone(server, small.nowMs);
}

function idle(pool: Pool): number {
  return pool.idleServers().length;
}

test('a pool with a client has its minimum open and ready before anybody asks for it, and no more', () => {
  const { small, client } = threeKept();
  expect(small.servers).toHaveLength(0);
  settle(small);
  expect([small.servers.length, idle(small.pool)]).toEqual([3, 3]);
  // Those that are in use count.
  small.send(client, 'begin');
  settle(small);
  expect(small.servers).toHaveLength(3);
});

test('without clients nothing is opened ahead', () => {
  const small = new SmallPool({ sizeMin: 3 });
  settle(small);
  expect(small.servers).toHaveLength(0);
});

test('a minimum above the size of the pool, or above the budget, is as much as those allow', () => {
  const small = threeKept({ sizeMin: 50, sizeMax: 2 }).small;
  settle(small);
  expect(small.servers).toHaveLength(2);
  const wide = threeKept({ sizeMin: 50 }, 4).small;
  settle(wide);
  expect(wide.servers).toHaveLength(4);
});

test('in session mode, where servers are opened for their client alone, nothing is opened ahead', () => {
  const { small } = threeKept({ mode: 'session' });
  settle(small);
  expect(small.servers).toHaveLength(0);
});

test('a minimum that is raised or lowered holds at once, and what is over closes for being idle', () => {
  const { small } = threeKept();
  settle(small);
  small.pool.settings = { ...small.pool.settings, sizeMin: 5 };
  settle(small);
  expect(idle(small.pool)).toBe(5);
  small.pool.settings = { ...small.pool.settings, sizeMin: 1 };
  small.sweep();
  expect(small.closed).toEqual([]);
  small.nowMs += idleMs;
  small.sweep();
  expect(small.closed.map(({ reason }) => reason)).toEqual(['idle', 'idle', 'idle', 'idle']);
});

test('what has been idle for too long closes down to the minimum, and stays for as long after the last client', () => {
  const { small, client } = threeKept();
  settle(small);
  small.nowMs += 5 * idleMs;
  small.sweep();
  small.lose(client);
  small.nowMs += idleMs - 1;
  small.sweep();
  expect(small.closed).toEqual([]);
  small.nowMs += 1;
  small.sweep();
  expect(small.closed.map(({ reason }) => reason)).toEqual(['idle', 'idle', 'idle']);
  goneAll(small);
  settle(small);
  expect(small.servers).toHaveLength(3);
});

test('those that are too old close and are replaced', () => {
  const { small } = threeKept();
  settle(small);
  for (const server of small.servers) server.openedAtMs -= server.lifetimeMs + 1;
  small.sweep();
  expect(small.closed.map(({ reason }) => reason)).toEqual(['max-age', 'max-age', 'max-age']);
  goneAll(small);
  settle(small);
  expect([small.servers.length, idle(small.pool)]).toEqual([6, 3]);
});

test('only a few are opened at a time, over all pools of an upstream', () => {
  const { small } = threeKept();
  const others = [small.anotherPool('b', { sizeMin: 3 }), small.anotherPool('c', { sizeMin: 3 })];
  for (const pool of others) small.client(pool);
  small.sweep();
  expect(small.servers).toHaveLength(4);
  small.sweep();
  expect(small.servers).toHaveLength(4);
  settle(small);
  expect(small.servers).toHaveLength(9);
});

test('where the budget is short each pool gets the same part of its minimum', () => {
  const { small } = threeKept({ sizeMin: 4 }, 3);
  const other = small.anotherPool('b', { sizeMin: 2 });
  small.client(other);
  settle(small);
  expect([small.pool.size, other.size]).toEqual([2, 1]);
});

describe('where the budget is used up', () => {
  function full() {
    const world = threeKept({}, 3);
    settle(world.small);
    return { ...world, other: world.small.anotherPool('other') };
  }

  test('a pool with a waiting client gets one of them at once, which is not opened again while that is in use', () => {
    const { small, other } = full();
    const waiter = small.client(other);
    small.send(waiter, 'select 1');
    expect(small.closed.map(({ reason }) => reason)).toEqual(['evicted']);
    goneAll(small);
    expect(small.open().pool).toBe(other);
    settle(small);
    expect([small.pool.size, other.size, small.upstream.used]).toEqual([2, 1, 3]);
    expect(small.closed).toEqual([]);
  });

  test('a direct client gets one of them at once', () => {
    const { small } = full();
    let granted = false;
    small.direct((slot) => {
      granted = slot;
    });
    goneAll(small);
    expect([granted, small.pool.size]).toEqual([true, 2]);
    settle(small);
    expect(small.pool.size).toBe(2);
  });

  test('idle servers of a pool that has more than its minimum are closed first, however short they have been idle', () => {
    const { small } = threeKept({}, 4);
    settle(small);
    const rich = small.anotherPool('rich');
    small.send(small.client(rich), 'select 1');
    const server = small.open();
    small.nowMs += 1_000;
    small.answer(server, 'SELECT 1');
    small.send(small.client(small.anotherPool('third')), 'select 1');
    expect(small.closed).toEqual([{ server, reason: 'evicted' }]);
  });
});

test('a slot for which somebody waits is left to them, though servers are opened for them one at a time just now', () => {
  const { small } = threeKept({}, 3);
  const other = small.anotherPool('other');
  small.send(small.client(other), 'select 1');
  small.open();
  for (let i = 0; i < 2; i++) small.send(small.client(other), 'select 1');
  const failed = small.servers.slice(1);
  // A moment ago the role had no connection left.
  for (const server of failed)
    small.dispatcher.serverFailed(server, { kind: 'refused', cause: 'role limit' }, small.nowMs);
  small.nowMs += 1_000;
  small.sweep();
  expect(small.servers.slice(3).map(({ pool }) => pool)).toEqual([other]);
  small.open();
  expect(small.servers.slice(4).map(({ pool }) => pool)).toEqual([other]);
});

test('a paused pool opens nothing, and has its minimum again once it is resumed', () => {
  const { small } = threeKept();
  settle(small);
  pausePool(small.dispatcher, small.pool, small.nowMs);
  goneAll(small);
  settle(small);
  expect(small.pool.size).toBe(0);
  resumePool(small.dispatcher, small.pool, small.nowMs);
  settle(small);
  expect(idle(small.pool)).toBe(3);
});

test('after a kill nothing is opened before a client comes back', () => {
  const { small, client } = threeKept();
  settle(small);
  killPool(small.dispatcher, small.pool, [client], small.nowMs);
  goneAll(small);
  settle(small);
  expect(small.pool.size).toBe(0);
  small.client();
  settle(small);
  expect(idle(small.pool)).toBe(3);
});

describe('after a failure', () => {
  test('nothing is opened ahead until the circuit is closed again', () => {
    const { small } = threeKept();
    small.sweep();
    for (const server of [...small.servers])
      small.dispatcher.serverFailed(server, { kind: 'unreachable', cause: 'away' }, small.nowMs);
    const { length } = small.servers;
    for (let i = 0; i < 100; i++) {
      small.nowMs += 100;
      small.sweep();
    }
    expect(small.servers).toHaveLength(length);
    small.send(small.client(), 'select 1');
    small.open();
    expect(small.pool.circuit.state).toBe('recovering');
    small.nowMs += 9_000;
    small.sweep();
    expect(small.servers).toHaveLength(length + 1);
    small.nowMs += 2_000;
    settle(small);
    expect(small.pool.sharedOpen).toBe(3);
  });

  test('a login that was refused is tried again half a minute later, or as soon as a client has got in', () => {
    const { small } = threeKept({ sizeMin: 1 });
    small.sweep();
    const refused = { kind: 'refused', cause: 'no such role' } as const;
    small.dispatcher.serverFailed(small.servers[0]!, refused, small.nowMs);
    small.nowMs += 29_000;
    small.sweep();
    expect(small.servers).toHaveLength(1);
    small.nowMs += 2_000;
    small.sweep();
    expect(small.servers).toHaveLength(2);
  });

  test('a server that has lately refused more than there are is left alone', () => {
    const { small } = threeKept();
    small.upstream.ceiling.refused(1, small.nowMs, small.nowMs);
    small.sweep();
    expect(small.servers).toHaveLength(0);
    // Each second it is believed to have room for one more, until that is the budget.
    for (let i = 0; i < 20; i++) {
      small.nowMs += 1_000;
      small.sweep();
    }
    expect(small.servers).toHaveLength(3);
  });
});

/** A share of `most` slots, of a budget of ten. */
class PartLease implements Lease {
  most = 1;
  readonly refused = false;
  readonly heldElsewhere = 0;
  isWantedElsewhere = false;
  hasRight = true;
  wantedAhead = 0;
  wanted = 0;

  hasOpenRight(): boolean {
    return this.hasRight;
  }

  want(): void {
    this.wanted++;
  }

  wantAhead(): void {
    this.wantedAhead++;
  }

  freed(): void {}
  idled(): void {}
}

describe('where processes share the budget', () => {
  function sharing() {
    const world = threeKept();
    const lease = new PartLease();
    world.small.upstream.lease = lease;
    return { ...world, lease };
  }

  test('what the process has no slot for is asked for as what nobody waits for', () => {
    const { small, lease } = sharing();
    settle(small);
    expect(small.servers).toHaveLength(1);
    expect([lease.wanted, lease.wantedAhead > 0, small.upstream.wantedAhead(small.nowMs)]).toEqual([
      0,
      true,
      2,
    ]);
    lease.most = 3;
    settle(small);
    expect(idle(small.pool)).toBe(3);
  });

  test('nothing is opened ahead while somebody waits in another process, or without the right to open', () => {
    const { small, lease } = sharing();
    lease.most = 3;
    lease.isWantedElsewhere = true;
    settle(small);
    lease.isWantedElsewhere = false;
    lease.hasRight = false;
    settle(small);
    expect(small.servers).toHaveLength(0);
    lease.hasRight = true;
    settle(small);
    expect(small.servers).toHaveLength(3);
  });

  test('what the process is asked to give back closes, minimum or not, and is not opened again', () => {
    const { small, lease } = sharing();
    lease.most = 3;
    settle(small);
    lease.most = 1;
    small.dispatcher.growth.shrink(small.upstream, small.nowMs);
    expect(small.closed.map(({ reason }) => reason)).toEqual(['yielded', 'yielded']);
    goneAll(small);
    settle(small);
    expect(small.servers).toHaveLength(3);
  });
});
