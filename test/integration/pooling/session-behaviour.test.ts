// What a client of the pooled host may count on, seen on a real Postgres with more clients than servers.
import { once } from 'node:events';
import { connect as connectSocket, Socket } from 'node:net';
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import { encodeCancelRequest } from '@weir/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelKeyOf, requestCancel } from '../fleet/cancel-request.ts';
import { backendOf, clientsPerTest } from '../open-clients.ts';

let weir: Weir;
const connect = clientsPerTest(() => weir);
beforeAll(async () => {
  weir = await startWeir({ budget: 2, settings: { queryWaitTimeoutMs: 120_000 } });
});
afterAll(() => weir?.close());

/** What Postgres sees of our database's client backends, oldest first. */
function backends() {
  return weir.postgres.sql<{ pid: number; state: string; query: string; wait_event: string | null }>(
    `select pid, state, query, wait_event from pg_stat_activity
     where backend_type = 'client backend' and datname = '${weir.database}' order by backend_start`,
  );
}

test('three clients take turns on two servers, transaction by transaction', async () => {
  const clients = await Promise.all([connect(), connect(), connect()]);
  const pids = new Set<number>();
  for (let round = 0; round < 5; round++) {
    for (const pid of await Promise.all(clients.map(backendOf))) pids.add(pid);
  }
  expect(pids.size).toBeLessThanOrEqual(2);
});

test('a transaction keeps its server until it ends, and the next client waits its turn', async () => {
  const [first, second, third] = await Promise.all([connect(), connect(), connect()]);
  await first.query('begin');
  await second.query('begin');
  const held = new Set([await backendOf(first), await backendOf(second)]);
  expect(held.size).toBe(2);
  let answered = false;
  const waiting = backendOf(third).then((pid) => {
    answered = true;
    return pid;
  });
  await oneWaits();
  expect(answered).toBe(false);
  await first.query('commit');
  expect(held).toContain(await waiting);
  await second.query('rollback');
});

test('cancel reaches the query of the client that asked, and no other', async () => {
  const [victim, bystander] = await Promise.all([connect(), connect()]);
  const slow = victim.query('select pg_sleep(600)').then(
    () => 'ended',
    (error: { code: string }) => error.code,
  );
  const other = bystander.query('select pg_sleep(3) as slept').then(
    () => 'ended',
    (error: { code: string }) => error.code,
  );
  await waitUntil(async () => (await backends()).filter((one) => one.wait_event === 'PgSleep').length === 2, {
    what: 'both queries run',
  });
  await requestCancel(weir.pooler.port, cancelKeyOf(victim));
  expect(await slow).toBe('57014');
  expect(await other).toBe('ended');
  // The server that was cancelled is sound for whoever has it next.
  expect((await victim.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('cancel of a query that still waits for a server answers at once, and the database never sees it', async () => {
  const [first, second, third] = await Promise.all([connect(), connect(), connect()]);
  await first.query('begin');
  await second.query('begin');
  const waiting = third.query("select 'never sent'").then(
    () => 'ended',
    (error: { code: string }) => error.code,
  );
  await oneWaits();
  await requestCancel(weir.pooler.port, cancelKeyOf(third));
  expect(await waiting).toBe('57014');
  expect((await backends()).some((one) => one.query.includes('never sent'))).toBe(false);
  await Promise.all([first.query('commit'), second.query('commit')]);
  expect((await third.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

/** Resolves once the pooler counts one client as waiting. */
function oneWaits(): Promise<unknown> {
  const waiting = /weir_clients\{[^}]*state="waiting"[^}]*\} 1\b/;
  return waitUntil(async () => waiting.test(await weir.pooler.metrics()), { what: 'one client waits' });
}

test('a session with state that cannot follow it keeps its server, which is closed after it', async () => {
  for (const change of [
    'create temporary table notes (i int)',
    'prepare by_sql as select 1',
    'select pg_advisory_lock(7)',
    'declare c cursor with hold for select 1',
  ]) {
    const client = await connect();
    await client.query(change);
    const pid = await backendOf(client);
    const others = await Promise.all([connect(), connect()]);
    for (let round = 0; round < 3; round++) {
      const pids = await Promise.all([...others.map(backendOf)]);
      expect(pids, change).not.toContain(pid);
    }
    expect(await backendOf(client), change).toBe(pid);
    await client.end();
    await waitUntil(async () => !(await backends()).some((one) => one.pid === pid), {
      what: `the server is closed after ${change}`,
    });
    await Promise.all(others.map((other) => other.end()));
  }
});

test('what a client listens to reaches it while it is idle', async () => {
  const [listener, speaker] = await Promise.all([connect(), connect()]);
  const heard: string[] = [];
  listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
  await listener.query('listen news');
  await speaker.query("notify news, 'otter seen'");
  await waitUntil(() => heard.length > 0, { what: 'the notification arrives' });
  expect(heard).toEqual(['otter seen']);
});

test('a change within a transaction only (SET LOCAL) does not keep the server', async () => {
  const client = await connect();
  await client.query('begin');
  await client.query("set local statement_timeout = '5min'");
  await client.query('commit');
  const [first, second] = await Promise.all([connect(), connect()]);
  await first.query('begin');
  await second.query('begin');
  // Both servers are taken, so that none is the first client's own.
  await Promise.all([first.query('commit'), second.query('commit')]);
});

test('statements prepared by name work on whichever server', async () => {
  const clients = await Promise.all([connect(), connect(), connect()]);
  for (let round = 0; round < 10; round++) {
    const replies = await Promise.all(
      clients.map((client, index) =>
        client.query({ name: 'mine', text: `select ${index} as index, $1::int as round`, values: [round] }),
      ),
    );
    expect(replies.map(({ rows }) => rows[0])).toEqual(clients.map((_, index) => ({ index, round })));
  }
});

test('settings given at startup hold on whichever server', async () => {
  const clients = await Promise.all(
    ['UTC', 'Asia/Tokyo', 'America/Lima'].map((zone) =>
      connect({
        config: {
          options: `-c timezone=${zone} -c search_path=${zone.length > 3 ? 'pg_catalog' : 'public'}`,
        },
      }),
    ),
  );
  for (let round = 0; round < 3; round++) {
    const zones = await Promise.all(
      clients.map(
        async (client) => (await client.query("select current_setting('timezone') as zone")).rows[0].zone,
      ),
    );
    expect(zones).toEqual(['UTC', 'Asia/Tokyo', 'America/Lima']);
  }
});

test('a client that vanishes in a transaction leaves no lock behind', async () => {
  const [leaver, other] = await Promise.all([connect(), connect()]);
  await other.query('create table if not exists held (i int)');
  await leaver.query('begin');
  await leaver.query('lock table held in access exclusive mode');
  (leaver as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  expect((await other.query('select count(*)::int as n from held')).rows).toEqual([{ n: 0 }]);
});

test('a client that waits longer than five seconds is told why', async () => {
  const [first, second, third] = await Promise.all([connect(), connect(), connect()]);
  const notices: string[] = [];
  third.on('notice', ({ message }) => notices.push(message ?? ''));
  await first.query('begin');
  await second.query('begin');
  const waiting = third.query('select 1 as one');
  await waitUntil(() => notices.length > 0, { what: 'the notice', timeoutMs: 60_000 });
  expect(notices[0]).toMatch(/waiting/);
  await first.query('commit');
  expect((await waiting).rows).toEqual([{ one: 1 }]);
  await second.query('commit');
});

test('a database that restarts costs the clients an error at most, and none their connection', async () => {
  const [idle, busy] = await Promise.all([connect(), connect()]);
  await idle.query('select 1');
  const running = busy.query('select pg_sleep(600)').then(
    () => 'ended',
    (error: { code: string }) => error.code,
  );
  await waitUntil(async () => (await backends()).some((one) => one.wait_event === 'PgSleep'), {
    what: 'the query runs',
  });
  await weir.postgres.stop('fast');
  expect(['57P01', '08006']).toContain(await running);
  await weir.postgres.start();
  const again = await waitUntil(async () => (await idle.query('select 2 as two')).rows, {
    what: 'the idle client is served again',
    timeoutMs: 60_000,
  });
  expect(again).toEqual([{ two: 2 }]);
});

/** Resolves when the pooler has no connection for it any more, and not only said that nothing more comes. */
function connectionGone(stream: Socket) {
  let gone = false;
  stream.on('error', () => {
    gone = true;
  });
  return waitUntil(
    () => {
      if (!gone) stream.write('.');
      return gone;
    },
    { what: 'its connection is gone', timeoutMs: 20_000 },
  );
}

test.each([
  ['said goodbye', 'pooled'],
  ['said goodbye', 'direct'],
  ['heard the last words of its server', 'pooled'],
  ['heard the last words of its server', 'direct'],
])('who has %s on the %s host and does not close its connection is not waited for', async (how, host) => {
  const socket = new Socket({ allowHalfOpen: true });
  const client = await weir.client({ direct: host === 'direct', config: { stream: () => socket } });
  client.on('error', () => {});
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  const ended = once(stream, 'end');
  if (how === 'said goodbye') stream.write(Buffer.from('X\0\0\0\x04', 'latin1'));
  else {
    await client.query('begin');
    const killed = client.query('select pg_terminate_backend(pg_backend_pid())');
    await expect(killed).rejects.toMatchObject({ code: '57P01' });
  }
  await ended;
  await connectionGone(stream);
});

test('who has asked for a cancel and does not close its connection is not waited for', async () => {
  const socket = connectSocket({ host: '127.0.0.1', port: weir.pooler.port, allowHalfOpen: true });
  socket.write(encodeCancelRequest(1, new Uint8Array(4)));
  socket.resume();
  await once(socket, 'end');
  await connectionGone(socket);
});

test('the pooler drains: transactions end, then it goes', async () => {
  const [busy, idle] = await Promise.all([connect(), connect()]);
  await busy.query('begin');
  await idle.query('select 1');
  const gone = new Promise<void>((resolve) => idle.once('end', resolve));
  const closing = weir.pooler.close();
  await gone;
  expect((await busy.query('select 1 as still')).rows).toEqual([{ still: 1 }]);
  await busy.query('commit');
  await closing;
});
