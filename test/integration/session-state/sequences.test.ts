// Values of sequences belong to the session that used them: currval and lastval tell a pooled client its own, or nothing.
import { startWeir, type Weir } from '@weir/harness';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientsPerTest } from '../open-clients.ts';

let weir: Weir;
const connect = clientsPerTest(() => weir);
beforeAll(async () => {
  weir = await startWeir({ budget: 4, settings: { queryWaitTimeoutMs: 30_000 } });
  const owner = await weir.client();
  await owner.query(
    'create sequence s1; create table things (id serial, name text); create table counted as select 1 as n',
  );
  await owner.end();
});
afterAll(() => weir?.close());

async function value(client: pg.Client, sql: string): Promise<number> {
  return Number((await client.query(sql)).rows[0].value);
}

test('currval is the own value though another client has inserted rows meanwhile', async () => {
  const [client, other] = await Promise.all([connect(), connect()]);
  const mine = await value(client!, "select nextval('s1') as value");
  await other!.query("insert into things (name) values ('a')");
  await other!.query("select nextval('s1')");
  expect(await value(client!, "select currval('s1') as value")).toBe(mine);
});

test('lastval after an insert is the own value though another client has inserted after it', async () => {
  const [client, other] = await Promise.all([connect(), connect()]);
  const { rows } = await client!.query("insert into things (name) values ('mine') returning id");
  await other!.query("insert into things (name) values ('theirs')");
  expect(await value(client!, 'select lastval() as value')).toBe(rows[0].id);
});

test('who asks for a value while its server is in use by another waits for just that server', async () => {
  const [client, other] = await Promise.all([connect(), connect()]);
  const mine = await value(client!, "select nextval('s1') as value");
  const { rows } = await client!.query('select pg_backend_pid() as pid');
  // Every client of this pool but the one that asks is in a transaction, so one of them is on its server.
  const others = [other!, await connect(), await connect()];
  const pids = new Set<number>();
  for (const one of others) {
    await one.query('begin');
    pids.add(Number((await one.query('select pg_backend_pid() as pid')).rows[0].pid));
  }
  expect(pids).toContain(rows[0].pid);
  const asked = value(client!, "select currval('s1') as value");
  const first = await Promise.race([asked, other!.query('select 1').then(() => 'still waiting')]);
  expect(first).toBe('still waiting');
  for (const one of others) await one.query('commit');
  expect(await asked).toBe(mine);
});

test('who never used a sequence is told so as on a direct connection', async () => {
  const client = await connect();
  await expect(client.query("select currval('s1')")).rejects.toMatchObject({ code: '55000' });
});

test('statistics that were counted on several servers are all there once they are flushed', async () => {
  const client = await connect();
  const update = 'update counted set n = n + 1 returning pg_backend_pid() as pid';
  const pids = new Set<number>();
  for (let round = 0; round < 3; round++) {
    pids.add((await client.query(update)).rows[0].pid);
    // One that comes anew takes the server that was used last, so that the client has to go to another.
    const other = await connect();
    await other.query('begin');
    pids.add((await client.query(update)).rows[0].pid);
    await other.query('commit');
  }
  expect(pids.size).toBeGreaterThan(1);
  await client.query('select pg_stat_force_next_flush()');
  const counted = "select n_tup_upd as value from pg_stat_user_tables where relname = 'counted'";
  expect(await value(client, counted)).toBe(6);
});

test.each(['discard sequences', 'discard all'])(
  'after %s no value is there any more, wherever it was',
  async (how) => {
    const client = await connect();
    await client.query("select nextval('s1')");
    // Its own server is in use by another just then, so that what follows runs elsewhere.
    const others = await Promise.all([connect(), connect()]);
    for (const other of others) await other.query('begin');
    await client.query(how);
    for (const other of others) await other.query('commit');
    await expect(client.query("select currval('s1')")).rejects.toMatchObject({ code: '55000' });
  },
);
