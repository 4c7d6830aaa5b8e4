// What a pool's servers and clients do when its operator pauses, resumes, renews, ends or drains it.
import { dataRow } from '@weir/protocol';
import { loadSqlParser } from '@weir/sql';
import { beforeAll, expect, test } from 'vitest';
import { DrainPace, endAtDeadline, killPool, pausePool, reconnectPool, resumePool } from './orders.ts';
import { SmallPool } from './testing/small-pool.ts';

beforeAll(() => loadSqlParser());

test('in a paused pool a transaction goes on to its end, its server is closed then, and others wait', () => {
  const small = new SmallPool();
  const [inside, outside] = [small.client(), small.client()];
  small.send(inside, 'begin');
  const server = small.open();
  small.answer(server, 'BEGIN', 'T');
  pausePool(small.dispatcher, small.pool, small.nowMs);
  small.send(outside, 'select 1');
  small.send(inside, 'select 2');
  small.answer(server, 'SELECT 1', 'T');
  expect([inside.state, outside.state, small.servers.length]).toEqual(['active', 'waiting', 1]);
  small.send(inside, 'commit');
  small.answer(server, 'COMMIT');
  expect(small.closed).toEqual([{ server, reason: 'paused' }]);
  small.dispatcher.serverGone(server, small.nowMs);
  small.sweep();
  expect([outside.state, small.servers.length, small.upstream.used]).toEqual(['waiting', 1, 0]);

  resumePool(small.dispatcher, small.pool, small.nowMs);
  expect(outside.server).toBe(null);
  expect(small.open()).toBe(outside.server);
});

test('idle servers of a pool that is paused are closed at once, one that opens meanwhile as it is there', () => {
  const small = new SmallPool();
  const [first, second] = [small.client(), small.client()];
  small.send(first, 'select 1');
  const idle = small.open();
  small.answer(idle, 'SELECT 1');
  small.send(first, 'select 1');
  small.send(second, 'select 1');
  const opening = small.servers.at(-1)!;
  small.answer(idle, 'SELECT 1');
  pausePool(small.dispatcher, small.pool, small.nowMs);
  small.answer(idle, 'SELECT 1');
  small.open(opening);
  expect(small.closed).toEqual([
    { server: idle, reason: 'paused' },
    { server: opening, reason: 'paused' },
  ]);
});

test('who waits in a paused pool is told at its deadline that it is paused', () => {
  const small = new SmallPool({ queryWaitTimeoutMs: 1_000 });
  pausePool(small.dispatcher, small.pool, small.nowMs);
  small.send(small.client(), 'select 1');
  small.send(small.client(), 'select pg_advisory_lock(1)');
  small.nowMs += 1_000;
  small.sweep();
  expect(small.refused).toMatchObject([
    { kind: 'wait-timeout', cause: 'paused' },
    { kind: 'wait-timeout', cause: 'paused' },
  ]);
  expect(small.servers).toEqual([]);
});

test('a session with a server to itself goes on while its pool is paused', () => {
  const small = new SmallPool();
  const client = small.client();
  small.send(client, 'select pg_advisory_lock(1)');
  const own = small.open();
  small.answer(own, 'SELECT 1');
  pausePool(small.dispatcher, small.pool, small.nowMs);
  small.send(client, 'select 2');
  small.answer(own, 'SELECT 1');
  expect([client.server, small.closed]).toEqual([own, []]);
});

test('a direct client that is held waits while another of the same server goes by', () => {
  const small = new SmallPool({}, 3);
  const granted: string[] = [];
  let held = true;
  const ask = (name: string, isHeld: () => boolean) =>
    small.direct((slot) => granted.push(`${name} ${slot}`), isHeld);
  ask('held', () => held);
  ask('free', () => false);
  expect(granted).toEqual(['free true']);
  held = false;
  small.sweep();
  expect(granted).toEqual(['free true', 'held true']);
});

test('a reconnect closes idle servers now and others at release, and cuts no transaction', () => {
  const small = new SmallPool();
  const [quick, slow] = [small.client(), small.client()];
  small.send(slow, 'begin');
  const busy = small.open();
  small.answer(busy, 'BEGIN', 'T');
  small.send(quick, 'select 1');
  const idle = small.open();
  small.answer(idle, 'SELECT 1');
  reconnectPool(small.dispatcher, small.pool, small.nowMs);
  expect(small.closed).toEqual([{ server: idle, reason: 'replaced' }]);
  small.send(slow, 'commit');
  small.answer(busy, 'COMMIT');
  expect(small.closed).toEqual([
    { server: idle, reason: 'replaced' },
    { server: busy, reason: 'replaced' },
  ]);
  small.send(quick, 'select 1');
  expect(small.open().state).toBe('active');
});

test('a kill ends everybody at once, and says of whom the outcome is not known', () => {
  const small = new SmallPool({ sizeMax: 2 });
  const [idle, open, running, waiting, other] = Array.from({ length: 5 }, () => small.client());
  small.send(open!, 'begin');
  const first = small.open();
  small.answer(first, 'BEGIN', 'T');
  small.send(running!, 'insert into t values (1)');
  const second = small.open();
  small.send(waiting!, 'select 1');
  const all = [idle!, open!, running!, waiting!];
  killPool(small.dispatcher, small.pool, all, small.nowMs);
  expect(small.refused).toEqual([false, false, true, false].map((inDoubt) => ({ kind: 'killed', inDoubt })));
  expect(all.map(({ state }) => state)).toEqual(Array(4).fill('ended'));
  expect(small.closed).toEqual([
    { server: first, reason: 'killed' },
    { server: second, reason: 'killed' },
  ]);
  // What comes yet of a server that was killed reaches nobody, and who comes after it is served.
  small.answer(second, 'INSERT 0 1');
  for (const server of [first, second]) small.dispatcher.serverGone(server, small.nowMs);
  small.send(other!, 'select 1');
  expect(small.open()).toBe(other!.server);
});

test('a client in the middle of a message of its server is ended without a word that would become part of it', () => {
  const small = new SmallPool();
  const client = small.client();
  small.send(client, 'select 1');
  const server = small.open();
  const row = dataRow(['x'.repeat(20_000)]);
  small.answer(server, row.subarray(0, 9_000));
  killPool(small.dispatcher, small.pool, [client], small.nowMs);
  expect([client.state, small.refused]).toEqual(['ended', []]);
});

test('at the end of a drain who waits hears that nothing was sent, and whose statement runs that its outcome is not known', () => {
  const small = new SmallPool({ sizeMax: 2 });
  const [idle, running, reading, waiting] = Array.from({ length: 4 }, () => small.client());
  small.send(running!, 'insert into t values (1)');
  small.open();
  small.send(reading!, 'select 1');
  const server = small.open();
  small.answer(server, dataRow(['x'.repeat(20_000)]).subarray(0, 9_000));
  small.send(waiting!, 'select 1');
  const all = [idle!, running!, reading!, waiting!];
  for (const client of all) endAtDeadline(small.dispatcher, client, small.nowMs);
  expect(small.refused).toEqual([false, true, false].map((inDoubt) => ({ kind: 'leaving', inDoubt })));
  expect(all.map(({ state }) => state)).toEqual(Array(4).fill('ended'));
});

test('a server that opens while its pool is killed is closed as it is there', () => {
  const small = new SmallPool();
  const client = small.client();
  small.send(client, 'select 1');
  const opening = small.servers.at(-1)!;
  killPool(small.dispatcher, small.pool, [client], small.nowMs);
  expect(small.closed).toEqual([]);
  small.open(opening);
  expect(small.closed).toEqual([{ server: opening, reason: 'replaced' }]);
});

test('a drain ends clients at an even pace, those with a server to themselves last, none in a transaction', () => {
  const small = new SmallPool();
  const [keeper, inside, ...plain] = Array.from({ length: 12 }, () => small.client());
  small.send(keeper!, 'select pg_advisory_lock(1)');
  small.answer(small.open(), 'SELECT 1');
  small.send(inside!, 'begin');
  const busy = small.open();
  small.answer(busy, 'BEGIN', 'T');
  const there = new Set([keeper!, inside!, ...plain]);
  const pace = new DrainPace(1_000, small.nowMs);
  const left: number[] = [];
  for (let step = 0; step < 10; step++) {
    small.nowMs += 100;
    for (const client of pace.next(there, small.nowMs)) {
      if (client === keeper) expect([...there].filter((one) => one !== inside)).toEqual([keeper]);
      small.dispatcher.clientEnded(client, 'terminate', small.nowMs);
      there.delete(client);
    }
    left.push(there.size);
  }
  // Eleven may go, so about one each tenth of the time.
  for (const [step, count] of left.entries())
    expect(Math.abs(count - (11 - step * 1.1))).toBeLessThanOrEqual(1.2);
  expect([...there]).toEqual([inside]);
  small.send(inside!, 'commit');
  small.answer(busy, 'COMMIT');
  expect(pace.next(there, small.nowMs + 100)).toEqual([inside]);
});
