// Clients wait while their server is away for a short time, all pools of it ask together, and nobody is told less than the cause.
import { loadSqlParser } from '@weir/sql';
import { beforeAll, expect, test } from 'vitest';
import type { OpenFailure } from './index.ts';
import { SmallPool } from './testing/small-pool.ts';

beforeAll(() => loadSqlParser());

const away = { kind: 'unreachable', cause: 'away' } as const;
const full = { kind: 'full', cause: 'full' } as const;
const toldAway = { kind: 'open-failed', cause: 'away' };

function fail(small: SmallPool, failure: OpenFailure): void {
  small.dispatcher.serverFailed(small.servers.at(-1)!, failure, small.nowMs);
}

/** Sweeps until another server is being opened. */
function nextAttempt(small: SmallPool): void {
  const before = small.servers.length;
  for (let sweeps = 0; small.servers.length === before && sweeps < 100; sweeps++) {
    small.nowMs += 100;
    small.sweep();
  }
  expect(small.servers.length).toBe(before + 1);
}

test('clients of all pools wait for a server that is away for a short time, and are served once it is back', () => {
  const small = new SmallPool();
  const clients = [small.client(), small.client(), small.client(small.anotherPool('other'))];
  small.send(clients[0]!, 'select 1');
  fail(small, away);
  for (const client of clients.slice(1)) small.send(client, 'select 1');
  nextAttempt(small);
  fail(small, away);
  nextAttempt(small);
  small.open();
  for (let turns = 0; turns < 10 && clients.some(({ server }) => server === null); turns++) {
    for (const server of small.servers) if (server.state === 'opening') small.open(server);
    small.nowMs += 100;
    small.sweep();
  }
  expect(clients.map(({ server }) => server?.state)).toEqual(['active', 'active', 'active']);
  expect(small.refused).toEqual([]);
});

test('a server that stays away is told of after half a minute, to whoever waited while it was seen to', () => {
  const small = new SmallPool();
  const early = small.client();
  small.send(early, 'select 1');
  fail(small, away);
  small.nowMs += 30_000;
  small.sweep();
  small.nowMs += 1;
  const late = small.client(small.anotherPool('other'));
  small.send(late, 'select 1');
  fail(small, away);
  expect([small.refused, early.state, late.state]).toEqual([[toldAway], 'ended', 'waiting']);
  nextAttempt(small);
  fail(small, away);
  expect([small.refused, late.state]).toEqual([[toldAway, toldAway], 'ended']);
});

test('what is open is kept, whatever its age, while the server lets nobody in', () => {
  const small = new SmallPool({ serverLifetimeMs: 1_000, serverIdleTimeoutMs: 1_000 });
  small.send(small.client(), 'select 1');
  const warm = small.open();
  small.answer(warm, 'SELECT 1');
  small.send(small.client(small.anotherPool('other')), 'select 1');
  fail(small, away);
  small.nowMs += 5_000;
  small.sweep();
  expect(small.closed).toEqual([]);
  small.open();
  small.sweep();
  expect(small.closed).toMatchObject([{ server: warm }]);
});

test('at its deadline a client is told what keeps its server away', () => {
  const small = new SmallPool({ queryWaitTimeoutMs: 500 });
  small.send(small.client(), 'select 1');
  fail(small, away);
  small.nowMs += 500;
  small.sweep();
  expect(small.refused).toEqual([toldAway]);
});

test('a login that is refused is told at once, and keeps no other pool from opening', () => {
  const small = new SmallPool();
  small.send(small.client(), 'select 1');
  fail(small, { kind: 'refused', cause: 'no such role' });
  expect(small.refused).toEqual([{ kind: 'open-failed', cause: 'no such role' }]);
  small.send(small.client(small.anotherPool('other')), 'select 1');
  expect(small.servers).toHaveLength(2);
});

test('of a server that has no room for more the pools share what there is, and the idle ones of another make room', () => {
  const small = new SmallPool();
  const first = small.client();
  small.send(first, 'select 1');
  const idle = small.open();
  small.answer(idle, 'SELECT 1');
  const second = small.client(small.anotherPool('other'));
  small.send(second, 'select 1');
  fail(small, full);
  small.sweep();
  expect(small.closed).toEqual([{ server: idle, reason: 'evicted' }]);
  small.dispatcher.serverGone(idle, small.nowMs);
  expect(small.open()).toBe(second.server);
  expect(small.refused).toEqual([]);
});

test('at its deadline a client of a server without room is told that', () => {
  const small = new SmallPool({ queryWaitTimeoutMs: 500 });
  small.send(small.client(), 'begin');
  small.answer(small.open(), 'BEGIN', 'T');
  small.send(small.client(), 'select 1');
  fail(small, full);
  small.nowMs += 500;
  small.sweep();
  expect(small.refused).toMatchObject([{ kind: 'wait-timeout', cause: 'server-full' }]);
});

test('who waits for a server connection of its own waits as long, and is told the same', () => {
  const small = new SmallPool();
  const client = small.client();
  small.send(client, 'create temp table t (i int)');
  fail(small, away);
  expect(client.state).toBe('waiting');
  small.nowMs += 30_000;
  small.sweep();
  fail(small, away);
  expect(small.refused).toEqual([toldAway]);
});
