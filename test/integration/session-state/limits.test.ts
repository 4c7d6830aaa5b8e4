// Limits of time end what they are for, with Postgres's own SQLSTATEs; modes lend servers for as long as they say.
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientsPerTest, one } from '../open-clients.ts';

type Settings = Record<string, unknown>;

let weir: Weir;
const connect = clientsPerTest(() => weir);
beforeAll(async () => {
  weir = await startWeir({ budget: 6, settings: { queryWaitTimeoutMs: 30_000 } });
  const owner = await weir.client();
  await owner.query('create table written (n int)');
  await owner.end();
});
afterAll(() => weir?.close());

const unlimited = {
  mode: 'transaction',
  stateTracking: 'auto',
  pinIdleTimeoutMs: 0,
  clientIdleTimeoutMs: 0,
  idleInTransactionTimeoutMs: 0,
  queryTimeoutMs: 0,
  transactionTimeoutMs: 0,
  pinsMax: null,
  poolSize: null,
};

/** Sets what is named, everything else of this file's settings back to none, and waits until the pooler knows. */
async function change(settings: Settings): Promise<void> {
  const wanted = { ...unlimited, ...settings };
  const { generation } = await weir.controlApi.call<{ generation: number }>(
    'PATCH',
    `/v1/endpoints/${weir.endpoint.id}`,
    { settings: wanted },
  );
  const reached = new RegExp(`weir_endpoint_generation\\{[^}]*\\} ${generation}\\b`);
  await waitUntil(async () => reached.test(await weir.pooler.metrics()), { what: 'the change has arrived' });
}

/** The error that ends the client without its asking. */
function ending(client: pg.Client): Promise<{ code: string; message: string }> {
  return new Promise((resolve) => {
    client.on('error', (error) => {
      if ('code' in error && /^[0-9A-Z]{5}$/.test(String(error.code)))
        resolve(error as unknown as { code: string; message: string });
    });
  });
}

test('a client that is idle for too long is told so and closed; one at work is not', async () => {
  await change({ clientIdleTimeoutMs: 1_000 });
  const [idle, busy] = await Promise.all([connect(), connect()]);
  const ended = ending(idle!);
  let over = false;
  const work = (async () => {
    while (!over) await busy!.query('select pg_sleep(0.05)');
  })();
  expect(await ended).toMatchObject({
    code: '57P05',
    message: 'terminating connection because it was idle for 1 s',
  });
  over = true;
  await work;
});

test('a transaction that nobody goes on with is rolled back, and its server serves others', async () => {
  await change({ idleInTransactionTimeoutMs: 500 });
  const client = await connect();
  await client.query('begin');
  await client.query('insert into written values (1)');
  const ended = await ending(client);
  expect(ended.code).toBe('25P03');
  const other = await connect();
  expect(await one(other, 'select count(*)::int from written where n = 1')).toBe(0);
});

test('a transaction that takes too long is ended in the middle of a statement', async () => {
  await change({ transactionTimeoutMs: 700 });
  const client = await connect();
  client.on('error', () => {});
  await client.query('begin');
  await client.query('insert into written values (2)');
  await expect(client.query('select pg_sleep(60)')).rejects.toMatchObject({ code: '25P04' });
  const other = await connect();
  expect(await one(other, 'select count(*)::int from written where n = 2')).toBe(0);
});

test('a query that takes too long is cancelled and says why, and its connection goes on', async () => {
  await change({ queryTimeoutMs: 500 });
  const client = await connect();
  await expect(client.query('select pg_sleep(60)')).rejects.toMatchObject({
    code: '57014',
    message: 'canceling statement due to query timeout of 0.5 s',
  });
  await expect(client.query('select pg_sleep(60), $1::int', [1])).rejects.toMatchObject({ code: '57014' });
  expect(await one(client, 'select 7')).toBe(7);
});

test('a session that keeps a server of its own idle is ended, one that listens is not', async () => {
  await change({ pinIdleTimeoutMs: 500 });
  const [client, listener] = await Promise.all([connect(), connect()]);
  await listener!.query('listen news');
  const heard = new Promise<string>((resolve) => {
    listener!.on('notification', ({ payload }) => resolve(payload ?? ''));
  });
  const ended = ending(client!);
  await client!.query('create temp table mine (n int)');
  expect((await ended).code).toBe('57P05');
  const other = await connect();
  await other.query("notify news, 'still there'");
  expect(await heard).toBe('still there');
});

test('past the pins that a pool may have, the next is refused by its reason', async () => {
  await change({ pinsMax: 1, queryWaitTimeoutMs: 1_000 });
  const [client, refused] = await Promise.all([connect(), connect()]);
  await client!.query('create temp table mine (n int)');
  refused!.on('error', () => {});
  await expect(refused!.query('create temp table mine (n int)')).rejects.toMatchObject({
    code: '53300',
    message: expect.stringContaining('(temp-object)'),
  });
  // What needs none still goes on.
  expect(await one(await connect(), 'select 1')).toBe(1);
  await change({ queryWaitTimeoutMs: 30_000 });
});

test('in session mode a client has one server for all its life, and no pin is counted', async () => {
  await change({ mode: 'session' });
  const pinned = (text: string) => text.match(/weir_pins_total\{.*/g)?.join('\n') ?? '';
  const before = pinned(await weir.pooler.metrics());
  const [client, other] = await Promise.all([connect(), connect()]);
  const pid = await one(client!, 'select pg_backend_pid()');
  await client!.query('create temp table mine (n int); listen news');
  expect(await one(other!, 'select pg_backend_pid()')).not.toBe(pid);
  expect(await one(client!, 'select pg_backend_pid()')).toBe(pid);
  expect(await one(client!, 'select count(*)::int from mine')).toBe(0);
  expect(pinned(await weir.pooler.metrics())).toBe(before);
});

test('in statement mode a transaction over several statements is refused and leaves nothing', async () => {
  await change({ mode: 'statement' });
  const client = await connect();
  expect(await one(client, 'select 1')).toBe(1);
  await client.query('begin; insert into written values (4); commit');
  const ended = ending(client);
  await client.query('begin; insert into written values (3)').catch(() => {});
  expect((await ended).code).toBe('0A000');
  const other = await connect();
  expect(await one(other, 'select array_agg(n) from written where n > 2')).toEqual([4]);
});

test('strict tracking finds what functions set, and gives code that it does not know a server of its own', async () => {
  const owner = await connect();
  await owner.query(`
    create table watched (n int);
    create function quiet() returns trigger language plpgsql as
      $$ begin perform set_config('work_mem', '3MB', false); return new; end $$;
    create trigger quiet before insert on watched for each row execute function quiet();
    create function unknown() returns int language sql as 'select 1'`);
  await change({ stateTracking: 'strict' });
  const [client, other] = await Promise.all([connect(), connect()]);
  const usual = await one(other!, 'show work_mem');
  await client!.query('insert into watched values (1)');
  // It follows its client, and nobody else has it.
  for (let round = 0; round < 4; round++) {
    expect(await one(client!, 'show work_mem')).toBe('3MB');
    expect(await one(other!, 'show work_mem')).toBe(usual);
  }
  await client!.query('select unknown()');
  expect(await weir.pooler.metrics()).toMatch(/weir_pins_total\{[^}]*reason="unknown-code"[^}]*\} 1\b/);
});

test('with strict tracking nobody inherits from a client that left in the middle of a statement', async () => {
  await change({ stateTracking: 'strict', poolSize: 1 });
  const [client, other] = await Promise.all([connect(), connect()]);
  const usual = await one(other!, 'show work_mem');
  const left = client!.query('insert into watched select 1 from pg_sleep(0.5)').catch(() => {});
  const running = `select pid from pg_stat_activity where query like 'insert into watched%' and state = 'active'`;
  await waitUntil(async () => (await weir.postgres.sql(running)).length === 1, { what: 'the insert runs' });
  await client!.end();
  await left;
  // There is one server only, and the insert runs to its end.
  expect(await one(other!, 'show work_mem')).toBe(usual);
  expect(await one(other!, 'show work_mem')).toBe(usual);
});

test('without tracking a setting stays where it was made, as with other poolers', async () => {
  await change({ stateTracking: 'off' });
  const client = await connect();
  await client.query("set work_mem = '5MB'");
  const pid = await one(client, 'select pg_backend_pid()');
  const other = await connect();
  // The server that is free is the one that has it.
  expect(await one(other, 'select pg_backend_pid()')).toBe(pid);
  expect(await one(other, 'show work_mem')).toBe('5MB');
});
