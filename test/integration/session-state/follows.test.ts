// What a session sets on the pooled host stays with it, whichever server connection it gets, and with nobody else.
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backendOf, clientsPerTest } from '../open-clients.ts';

let weir: Weir;
const connect = clientsPerTest(() => weir);
beforeAll(async () => {
  weir = await startWeir({ budget: 3, settings: { queryWaitTimeoutMs: 30_000 } });
  await weir.postgres.sql('create role reader; grant reader to app');
});
afterAll(() => weir?.close());

async function show(client: pg.Client, name: string): Promise<string | null> {
  const { rows } = await client.query('select current_setting($1, true) as value', [name]);
  return rows[0].value;
}

/** Runs a query of each of the others on every server there is, so that the next one of a client meets another. */
async function mixServers(others: readonly pg.Client[]): Promise<void> {
  for (const other of others) await other.query('begin');
  await Promise.all(others.map((other) => other.query('select 1')));
  for (const other of others) await other.query('commit');
}

test.each([
  ['SET', "set work_mem = '12MB'", 'work_mem', '12MB'],
  ['a setting of the application', "set app.tenant_id = '42'", 'app.tenant_id', '42'],
  ['set_config', "select set_config('app.user', 'ann', false)", 'app.user', 'ann'],
  ['SET ROLE', 'set role reader', 'role', 'reader'],
  ['SET TIME ZONE', "set time zone 'Asia/Tokyo'", 'TimeZone', 'Asia/Tokyo'],
  [
    'a list with a comma in one of its names',
    'set search_path = "a, b", public',
    'search_path',
    '"a, b", public',
  ],
  [
    'SESSION CHARACTERISTICS',
    'set session characteristics as transaction isolation level serializable, read only, deferrable',
    'default_transaction_deferrable',
    'on',
  ],
  ['a name with a dot in quotes', `set app."Odd.Name" = 'x'`, 'app.odd.name', null],
])('%s follows its client and reaches no other', async (_, change, name, value) => {
  const [client, one, two] = await Promise.all([connect(), connect(), connect()]);
  const others = [one!, two!];
  const before = await show(one!, name);
  await client!.query(change).catch(() => {});
  const pids = new Set<number>();
  for (let round = 0; round < 6; round++) {
    if (value !== null) expect(await show(client!, name)).toBe(value);
    pids.add(await backendOf(client!));
    for (const other of others) expect((await show(other, name)) || null).toBe(before || null);
    await mixServers(round % 2 === 0 ? others : [others[0]!]);
  }
  if (value !== null) expect(pids.size).toBeGreaterThan(0);
});

test('what a transaction that was rolled back had set is not there, what it had before is', async () => {
  const client = await connect();
  await client.query("set app.v = 'before'");
  await client.query('begin');
  await client.query("set app.v = 'inside'");
  await client.query('savepoint s');
  await client.query("set app.w = 'inner'");
  await client.query('rollback to s');
  expect(await show(client, 'app.v')).toBe('inside');
  await client.query('rollback');
  expect(await show(client, 'app.v')).toBe('before');
  await client.query("begin; set app.v = 'kept'; commit");
  expect(await show(client, 'app.v')).toBe('kept');
  await expect(client.query("set app.v = 'lost'; select 1/0")).rejects.toMatchObject({ code: '22012' });
  expect(await show(client, 'app.v')).toBe('kept');
});

test('a SET that fails costs its session nothing', async () => {
  const clients = await Promise.all([connect(), connect(), connect()]);
  for (const client of clients) {
    await expect(client.query(`set special."weird name" = 'x'`)).rejects.toMatchObject({ code: '42602' });
    await expect(client.query("set no_such_setting = 'x'")).rejects.toMatchObject({ code: '42704' });
  }
  expect(await weir.pooler.metrics()).not.toMatch(/weir_pins_total.*"unproven"/);
});

test('RESET, RESET ALL and DISCARD ALL lead back to the values of the startup', async () => {
  const client = await connect({ config: { application_name: 'billing', options: '-c work_mem=9MB' } });
  for (const reset of ['reset work_mem', 'set work_mem to default', 'reset all', 'discard all']) {
    await client.query("set work_mem = '1MB'");
    expect(await show(client, 'work_mem')).toBe('1MB');
    await client.query(reset);
    expect(await show(client, 'work_mem'), reset).toBe('9MB');
    expect(await show(client, 'application_name'), reset).toBe('billing');
  }
});

test('a setting of the application that was put back is empty on every server, and not unknown', async () => {
  const [client, one, two] = await Promise.all([connect(), connect(), connect()]);
  await client!.query("set brand.new = 'x'");
  await client!.query('reset brand.new');
  for (let round = 0; round < 4; round++) {
    expect((await client!.query('show brand.new')).rows).toEqual([{ 'brand.new': '' }]);
    await mixServers([one!, two!]);
  }
});

test.each(['reset all', 'discard all', 'reset application_name; reset timezone'])(
  '%s leads back to the values of the startup on a server that a transaction has pinned, too',
  async (text) => {
    const client = await connect({
      config: { application_name: 'billing', options: '-c TimeZone=Asia/Tokyo' },
    });
    await client.query('begin');
    await client.query('create temp table kept as select 1 as n');
    await client.query('commit');
    await client.query("set application_name = 'other'; set timezone = 'UTC'");
    await client.query(text);
    expect(await show(client, 'application_name')).toBe('billing');
    expect(await show(client, 'TimeZone')).toBe('Asia/Tokyo');
    await client.query("set application_name = 'other'");
    await client.query('reset timezone');
    expect(await show(client, 'application_name')).toBe('other');
  },
);

test.each(['reset all', 'discard all', 'reset app.tenant_id'])(
  '%s leads back to a value of the startup that only this client has on a server that a transaction has pinned',
  async (text) => {
    const client = await connect({ config: { options: '-c app.tenant_id=7' } });
    await client.query('begin');
    await client.query('create temp table kept as select 1 as n');
    await client.query('commit');
    await client.query("set app.tenant_id = '8'");
    await client.query(text);
    expect(await show(client, 'app.tenant_id')).toBe('7');
    await client.query("reset app.tenant_id; set app.tenant_id = '9'");
    expect(await show(client, 'app.tenant_id')).toBe('9');
  },
);

test('a value of the startup that only this client has comes back too, on a server of its own', async () => {
  const client = await connect({ config: { options: '-c app.tenant_id=7' } });
  await client.query("set app.tenant_id = '8'");
  await client.query('reset app.tenant_id');
  expect(await show(client, 'app.tenant_id')).toBe('7');
  const pid = await backendOf(client);
  expect(await backendOf(client)).toBe(pid);
});

test.each([
  ['a temporary table', 'create temp table notes (i int)', 'select count(*) from notes'],
  ['a lock of the session', 'select pg_advisory_lock(7)', 'select pg_advisory_unlock(7)'],
  ['a statement prepared by SQL', 'prepare by_sql as select 1', 'execute by_sql'],
  ['a seed', 'select setseed(0.5)', 'select random()'],
])('%s gets its session a server connection of its own, closed at its end', async (_, change, use) => {
  const [client, other] = await Promise.all([connect(), connect()]);
  await client!.query(change);
  const pid = await backendOf(client!);
  for (let round = 0; round < 3; round++) {
    expect(await backendOf(other!)).not.toBe(pid);
    await client!.query(use);
    expect(await backendOf(client!)).toBe(pid);
  }
  await client!.end();
  await waitUntil(
    async () =>
      (await weir.postgres.sql('select 1 from pg_stat_activity where pid = $1', [pid])).length === 0,
    { what: 'the server connection is closed' },
  );
});

test('what was set and prepared before goes along to a server connection of its own', async () => {
  const client = await connect({ config: { application_name: 'mover' } });
  await client.query("set app.v = 'carried'; set work_mem = '13MB'");
  await client.query({ name: 'twice', text: 'select $1::int * 2 as n', values: [4] });
  await client.query('create temp table here (i int)');
  expect(await show(client, 'app.v')).toBe('carried');
  expect(await show(client, 'work_mem')).toBe('13MB');
  expect(await show(client, 'application_name')).toBe('mover');
  // Under the name that the client gave it, for the protocol and for SQL.
  expect((await client.query({ name: 'twice', text: 'select $1::int * 2 as n', values: [5] })).rows).toEqual([
    { n: 10 },
  ]);
  expect((await client.query('execute twice(6)')).rows).toEqual([{ n: 12 }]);
  expect((await client.query('select name from pg_prepared_statements')).rows).toContainEqual({
    name: 'twice',
  });
});

test('sessions that need a server connection of their own wait for their turn', async () => {
  const clients = await Promise.all([connect(), connect(), connect()]);
  await clients[0]!.query('select pg_advisory_lock(1)');
  await clients[1]!.query('select pg_advisory_lock(2)');
  // A budget of three leaves two for them; the third is for everybody else.
  let got = false;
  const third = clients[2]!.query('select pg_advisory_lock(3)').then(() => {
    got = true;
  });
  const other = await connect();
  for (let i = 0; i < 20; i++) await other.query('select 1');
  expect(got).toBe(false);
  await clients[0]!.end();
  await third;
  expect(got).toBe(true);
});

test('a default that makes transactions wait for others does not hold up who comes after', async () => {
  const writer = await connect({ direct: true });
  await writer.query('create table if not exists busy (i int)');
  await writer.query('begin isolation level serializable');
  await writer.query('insert into busy values (1)');
  const careful = await connect();
  await careful.query(
    'set session characteristics as transaction isolation level serializable, read only, deferrable',
  );
  const other = await connect();
  for (let i = 0; i < 5; i++) expect(await show(other, 'default_transaction_read_only')).toBe('off');
  // SHOW needs no snapshot, so that it answers although the other transaction is open.
  expect((await careful.query('show default_transaction_deferrable')).rows).toEqual([
    { default_transaction_deferrable: 'on' },
  ]);
  await writer.query('rollback');
});

test('settings that a role is given hold for sessions that begin after it', async () => {
  const owner = await connect();
  await owner.query("alter role app set work_mem = '17MB'");
  await waitUntil(async () => (await show(await connect(), 'work_mem')) === '17MB', {
    what: 'a new session has the setting',
  });
  await owner.query('alter role app reset work_mem');
});

test('currval and lastval give what this session got from a sequence, and never what another did', async () => {
  const owner = await connect();
  await owner.query('create sequence numbers; create table items (id serial, note text)');
  const [client, stranger] = await Promise.all([connect(), connect()]);
  const { rows } = await client!.query("select nextval('numbers')::int as n");
  for (let i = 0; i < 5; i++) await stranger!.query('select 1');
  expect((await client!.query("select currval('numbers')::int as n")).rows).toEqual(rows);
  await expect(stranger!.query('select lastval()')).rejects.toMatchObject({ code: '55000' });
  // Two of a budget of three are taken now.
  await Promise.all([client!.end(), stranger!.end()]);
  const inserter = await connect();
  const inserted = await inserter.query("insert into items (note) values ('a') returning id");
  expect((await inserter.query('select lastval()::int as id')).rows).toEqual(inserted.rows);
});

test('a session that needs a server connection of its own gets one although all are busy with others', async () => {
  const busy = await Promise.all(Array.from({ length: 6 }, () => connect()));
  let going = true;
  const working = busy.map(async (client) => {
    while (going) await client.query('select pg_sleep(0.005)');
  });
  await waitUntil(async () => (await weir.pooler.metrics()).match(/weir_budget_used\{[^}]*\} 3/) !== null, {
    what: 'the budget is used up',
  });
  const client = await connect();
  await client.query('listen news');
  going = false;
  await Promise.all(working);
});

test('what was prepared under settings of the session means the same on a server connection of its own', async () => {
  const client = await connect();
  await client.query(
    'create schema apart; create table apart.things (i int); insert into apart.things values (7)',
  );
  await client.query('set search_path = apart');
  const things = { name: 'things', text: 'select i from things' };
  expect((await client.query(things)).rows).toEqual([{ i: 7 }]);
  await client.query('listen news');
  expect((await client.query(things)).rows).toEqual([{ i: 7 }]);
});

test('what a client sent before it was lost is done, also behind a SET', async () => {
  const client = await connect();
  await client.query('create table last_words (word text)');
  const text = "set app.v = 'x'; insert into last_words select 'bye' from pg_sleep(0.2)";
  client.on('error', () => {});
  client.query(text).catch(() => {});
  await waitUntil(
    async () =>
      (
        await weir.postgres.sql(`select 1 from pg_stat_activity where state = 'active' and query = $1`, [
          text,
        ])
      ).length === 1,
    { what: 'the statement runs' },
  );
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  const reader = await connect();
  await waitUntil(async () => (await reader.query('select word from last_words')).rows.length === 1, {
    what: 'the last statement is committed',
  });
});
