// When servers end and for whom they are kept: sequences against age, unpins against the pool's size, clients in the middle.
import { query } from '@weir/protocol';
import { loadSqlParser } from '@weir/sql';
import { beforeAll, expect, test } from 'vitest';
import { SmallPool } from './testing/small-pool.ts';

beforeAll(() => loadSqlParser());

test('a server on which sequences are used all the time is closed for its age in the end', () => {
  const small = new SmallPool({ sizeMax: 1, serverLifetimeMs: 60_000 });
  const clients = [small.client(), small.client()];
  small.send(clients[0]!, 'insert into t default values');
  const server = small.open();
  small.answer(server, 'INSERT 0 1');
  for (let turn = 1; small.closed.length === 0 && turn < 300; turn++) {
    small.nowMs += 1_000;
    small.send(clients[turn % 2]!, 'insert into t default values');
    small.answer(server, 'INSERT 0 1');
    small.sweep();
  }
  expect(small.closed).toEqual([{ server, reason: 'max-age' }]);
  // Its lifetime, and half a minute for who might ask for a value.
  expect(small.nowMs - server.openedAtMs).toBeLessThanOrEqual(60_000 + 31_000);
});

test('a server past its age is kept for who has just used a sequence there', () => {
  const small = new SmallPool({ sizeMax: 1, serverLifetimeMs: 60_000 });
  const client = small.client();
  small.send(client, 'select 1');
  const server = small.open();
  small.answer(server, 'SELECT 1');
  small.nowMs += 61_000;
  small.send(client, "select nextval('s')");
  small.answer(server, 'SELECT 1');
  small.sweep();
  expect(small.closed).toEqual([]);
  small.nowMs += 6_000;
  small.sweep();
  expect(small.closed).toEqual([{ server, reason: 'max-age' }]);
});

test('who avoids a server with values of others takes it after 100 ms, and who waits behind is served then', () => {
  const small = new SmallPool({ sizeMax: 2 });
  const [owner, other, behind] = [small.client(), small.client(), small.client()];
  small.send(owner, 'insert into t default values');
  const server = small.open();
  small.answer(server, 'INSERT 0 1');
  small.send(other, 'insert into t default values');
  small.send(behind, 'select 1');
  expect(small.servers).toHaveLength(2);
  expect([other.state, behind.state]).toEqual(['waiting', 'waiting']);
  small.nowMs += 99;
  small.sweep();
  expect(other.state).toBe('waiting');
  small.nowMs += 1;
  small.sweep();
  expect(other.server).toBe(server);
  small.answer(server, 'INSERT 0 1');
  expect(behind.server).toBe(server);
});

test('an unpinned server ends where another has been opened in its place', () => {
  const small = new SmallPool({ sizeMax: 1 });
  const [keeper, other] = [small.client(), small.client()];
  small.send(keeper, 'begin');
  const first = small.open();
  small.answer(first, 'BEGIN', 'T');
  small.send(keeper, 'create temp table x ()');
  small.answer(first, 'CREATE TABLE', 'T');
  small.send(keeper, 'rollback');
  small.answer(first, 'ROLLBACK');
  expect(first.pin).toBe('temp-object');
  small.send(other, 'select 1');
  const second = small.open();
  small.answer(second, 'SELECT 1');
  small.nowMs += 1_000;
  small.sweep();
  small.answerRows(first, ['srole=none']);
  expect(small.closed).toEqual([{ server: first, reason: 'unpinned' }]);
  small.send(keeper, 'select 2');
  expect(keeper.server).toBe(second);
});

test('an unpinned server is shared again where the pool has room for it', () => {
  const small = new SmallPool({ sizeMax: 1 });
  const keeper = small.client();
  small.send(keeper, 'begin');
  const server = small.open();
  small.answer(server, 'BEGIN', 'T');
  small.send(keeper, 'create temp table x ()');
  small.answer(server, 'CREATE TABLE', 'T');
  small.send(keeper, 'rollback');
  small.answer(server, 'ROLLBACK');
  small.nowMs += 1_000;
  small.sweep();
  small.answerRows(server, ['srole=none']);
  expect(small.closed).toEqual([]);
  expect(server.state).toBe('idle');
});

test('a pool whose size is lowered closes what is idle and over it, and what is at work at its release', () => {
  const small = new SmallPool({ sizeMax: 4 });
  const clients = [small.client(), small.client(), small.client(), small.client()];
  for (const client of clients) small.send(client, 'begin');
  const servers = clients.map((_, index) => small.open(small.servers[index]));
  for (const server of servers) small.answer(server, 'BEGIN', 'T');
  for (const [index, client] of clients.slice(0, 2).entries()) {
    small.send(client, 'commit');
    small.answer(servers[index]!, 'COMMIT');
  }
  small.pool.settings = { ...small.pool.settings, sizeMax: 1 };
  small.sweep();
  expect(small.closed.map(({ reason }) => reason)).toEqual(['over-size', 'over-size']);
  expect(small.closed.map(({ server }) => server)).toEqual(servers.slice(0, 2));
  for (const index of [2, 3]) {
    small.send(clients[index]!, 'commit');
    small.answer(servers[index]!, 'COMMIT');
  }
  expect(small.closed.map(({ server }) => server)).toEqual(servers.slice(0, 3));
  expect(servers[3]!.state).toBe('idle');
  expect(small.refused).toEqual([]);
});

test('a client with a pinned server that goes in half a message leaves it no Terminate to read as part of that', () => {
  const small = new SmallPool();
  const client = small.client();
  small.send(client, 'select pg_advisory_lock(1)');
  const server = small.open();
  small.answer(server, 'SELECT 1');
  const long = query(`select '${'x'.repeat(50_000)}'`);
  small.send(client, long.subarray(0, 20_000));
  small.lose(client);
  // Of this reason the process makes a plain end of its bytes.
  expect(small.closed).toEqual([{ server, reason: 'client-gone' }]);
});

test('what a lost client with a pinned server has begun in a transaction is canceled', () => {
  const small = new SmallPool();
  const client = small.client();
  small.send(client, 'select pg_advisory_lock(1)');
  const server = small.open();
  small.answer(server, 'SELECT 1');
  small.send(client, 'begin');
  small.answer(server, 'BEGIN', 'T');
  small.send(client, 'select pg_sleep(1000)');
  small.lose(client);
  expect(small.canceled).toEqual([server]);
  expect(small.closed).toEqual([{ server, reason: 'pinned-state' }]);
});
