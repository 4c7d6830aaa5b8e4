// A session that got a server connection of its own gives it back once nothing is left that needs it.
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientsPerTest, one } from '../open-clients.ts';

let weir: Weir;
const connect = clientsPerTest(() => weir);
beforeAll(async () => {
  weir = await startWeir({ budget: 4, settings: { queryWaitTimeoutMs: 30_000 } });
});
afterAll(() => weir?.close());

async function backends(): Promise<number[]> {
  const rows = await weir.postgres.sql<{ pid: number }>(
    `select pid from pg_stat_activity where backend_type = 'client backend' and usename = 'app' order by pid`,
  );
  return rows.map(({ pid }) => pid);
}

/** Resolves when the server connection that `client` had to itself has ended. */
async function shares(pid: number): Promise<void> {
  await waitUntil(async () => !(await backends()).includes(pid), { what: 'its own server has ended' });
}

test.each([
  ['an advisory lock', 'select pg_advisory_lock(42)', 'select pg_advisory_unlock(42)'],
  ['a temporary table', 'create temp table t (n int)', 'drop table t'],
  ['a cursor WITH HOLD', 'declare c cursor with hold for select 1', 'close c'],
  ['a statement prepared by SQL', 'prepare p as select 1', 'deallocate p'],
])('%s that has been given up leaves the session sharing again', async (_, take, give) => {
  const client = await connect();
  await client.query(take);
  const pid = Number(await one(client, 'select pg_backend_pid()'));
  await client.query(give);
  await shares(pid);
  expect(await one(client, 'select pg_backend_pid()')).not.toBe(pid);
});

test('what the session has set and prepared meanwhile goes with it', async () => {
  const client = await connect();
  await client.query('select pg_advisory_lock(43)');
  const pid = Number(await one(client, 'select pg_backend_pid()'));
  await client.query("set work_mem = '7MB'");
  await client.query("set app.tenant = 'seven'");
  await client.query({ name: 'mine', text: 'select $1::int + 1 as n', values: [1] });
  await client.query('select pg_advisory_unlock(43)');
  await shares(pid);
  const other = await connect();
  await other.query('begin');
  expect(await one(client, 'show work_mem')).toBe('7MB');
  expect(await one(client, "select current_setting('app.tenant')")).toBe('seven');
  const { rows } = await client.query({ name: 'mine', text: 'select $1::int + 1 as n', values: [41] });
  expect(rows[0].n).toBe(42);
  expect(await one(other, 'show work_mem')).not.toBe('7MB');
  await other.query('commit');
});

test('a session that still holds its lock keeps its server, however long it is quiet', async () => {
  const client = await connect();
  const idle = await connect();
  await client.query('select pg_advisory_lock(44)');
  const pid = await one(client, 'select pg_backend_pid()');
  // Another one is given back meanwhile, so the question has been asked.
  await idle.query('select pg_advisory_lock(45)');
  const other = Number(await one(idle, 'select pg_backend_pid()'));
  await idle.query('select pg_advisory_unlock(45)');
  await shares(other);
  expect(await one(client, 'select pg_backend_pid()')).toBe(pid);
  expect(await one(client, 'select pg_advisory_unlock(44)')).toBe(true);
});

test('a session that has seeded its random numbers keeps its server', async () => {
  const [client, idle] = await Promise.all([connect(), connect()]);
  await client!.query('select pg_advisory_lock(46)');
  const pid = await one(client!, 'select pg_backend_pid()');
  await client!.query('select setseed(0.5)');
  await client!.query('select pg_advisory_unlock(46)');
  await idle!.query('select pg_advisory_lock(47)');
  const other = Number(await one(idle!, 'select pg_backend_pid()'));
  await idle!.query('select pg_advisory_unlock(47)');
  await shares(other);
  expect(await one(client!, 'select pg_backend_pid()')).toBe(pid);
});

test.each([
  ['a temporary table', 'create temp table kept (n int)', 'select count(*)::int from kept', 0],
  [
    'a temporary function',
    'create function pg_temp.kept() returns int language sql as $$ select 5 $$',
    'select pg_temp.kept()',
    5,
  ],
])('%s that is there still keeps its server', async (_, take, ask, answer) => {
  const [client, idle] = await Promise.all([connect(), connect()]);
  await client!.query(take);
  await idle!.query('select pg_advisory_lock(48)');
  const other = Number(await one(idle!, 'select pg_backend_pid()'));
  await idle!.query('select pg_advisory_unlock(48)');
  await shares(other);
  expect(await one(client!, ask)).toBe(answer);
});

test('what was set in the transaction that pinned a server is neither lost nor inherited', async () => {
  const client = await connect();
  // In a transaction the server that runs it is pinned, and no other is opened.
  await client.query('begin');
  const pid = Number(await one(client, 'select pg_backend_pid()'));
  await client.query('select pg_advisory_lock(49)');
  await client.query("set app.tenant = 'forty-nine'");
  await client.query('commit');
  const asked = await connect();
  const pinned = () =>
    weir.pooler.metrics().then((text) => /weir_servers\{[^}]*state="pinned"\} (\d+)/.exec(text)?.[1]);
  // Another one that is given back meanwhile shows that the question has been asked.
  await asked.query('select pg_advisory_lock(50)');
  const other = Number(await one(asked, 'select pg_backend_pid()'));
  await asked.query('select pg_advisory_unlock(50)');
  await shares(other);
  expect(await pinned()).toBe('1');
  await client.query('select pg_advisory_unlock(49)');
  await waitUntil(async () => (await pinned()) === '0', { what: 'nothing is pinned' });
  const others = await Promise.all([connect(), connect(), connect()]);
  await Promise.all(others.map((one) => one.query('begin')));
  const seen = await Promise.all(
    others.map((each) =>
      one(each, `select pg_backend_pid() || ' ' || coalesce(current_setting('app.tenant', true), '')`),
    ),
  );
  expect(seen.some((text) => String(text).startsWith(`${pid} `))).toBe(true);
  for (const text of seen) expect(text).not.toContain('forty-nine');
  await Promise.all(others.map((one) => one.query('commit')));
  expect(await one(client, "select current_setting('app.tenant')")).toBe('forty-nine');
});
