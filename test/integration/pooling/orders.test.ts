// Pause, resume, reconnect, kill and drain, ordered over the API and the command line, met by real clients on two poolers.
import type { OrderReply, OrdersReachReply } from '@weir/api-contract';
import { findPsql, runPsql, startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { cliIn } from '../cli/run-cli.ts';

let weir: Weir;
const directory = temporaryDirectory('orders');
const clients: pg.Client[] = [];
beforeAll(async () => {
  weir = await startWeir({ poolers: 2, budget: 12, settings: { queryWaitTimeoutMs: 20_000 } });
  await weir.createRole('reports');
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => {});
  await order('resume');
});
afterAll(async () => {
  await weir?.close();
  directory.remove();
});

type OrderName = 'pause' | 'resume' | 'reconnect' | 'kill' | 'drain';

const pathOf = (what: string) => `/v1/endpoints/${weir.endpoint.id}/${what}`;

/** Gives an order, and waits until both poolers have it. */
async function order(name: OrderName, body: object = {}): Promise<OrdersReachReply> {
  const { generation } = await weir.controlApi.call<OrderReply>('POST', pathOf(name), body);
  const path = `${pathOf('orders')}?generation=${generation}&waitMs=15000`;
  const reach = await weir.controlApi.call<OrdersReachReply>('GET', path);
  expect(reach.reached, JSON.stringify(reach)).toBe(true);
  expect(reach.poolers).toHaveLength(2);
  return reach;
}

interface Told {
  readonly code?: string;
  readonly message: string;
}

/** A client, and the error that ends its connection, whether or not it asks anything. */
async function connect(pooler: number, options: Parameters<Weir['client']>[0] = {}) {
  const client = await weir.client({ pooler, ...options });
  clients.push(client);
  const told = new Promise<Told>((resolve) => client.on('error', resolve));
  return { client, told };
}

const serversOf = (role: string) =>
  weir.postgres.sql<{ pid: number }>(
    `select pid from pg_stat_activity where usename = '${role}' order by pid`,
  );

test('a pause lets transactions end, closes every server connection, holds everybody else, and a resume serves them', async () => {
  const [inside, outside] = [await connect(0), await connect(1)];
  const reports = await connect(0, { role: 'reports' });
  await outside.client.query('select 1');
  await inside.client.query('begin');
  await inside.client.query('create table kept (x int)');
  await order('pause', { role: 'app' });
  const waiting = outside.client.query('select 2 as x');
  expect((await reports.client.query('select 3 as x')).rows).toEqual([{ x: 3 }]);
  expect((await serversOf('app')).length).toBe(1);
  await inside.client.query('commit');
  await waitUntil(async () => (await serversOf('app')).length === 0, {
    what: 'no server connection is left',
  });
  const metrics = await Promise.all(weir.poolers.map((pooler) => pooler.metrics()));
  for (const text of metrics) expect(text).toMatch(/weir_paused_pools\{endpoint="[^"]+"\} 1/);

  // A direct login is held too, and nobody notices that the database was away.
  const direct = connect(0, { direct: true });
  await weir.postgres.stop();
  await weir.postgres.start();
  await order('resume', { role: 'app' });
  expect((await waiting).rows).toEqual([{ x: 2 }]);
  expect((await inside.client.query('select count(*)::int as n from kept')).rows).toEqual([{ n: 0 }]);
  expect((await (await direct).client.query('select 4 as x')).rows).toEqual([{ x: 4 }]);
  await inside.client.query('drop table kept');
});

test('who waits past its deadline in a paused pool is told why, and that nothing was sent', async () => {
  await weir.controlApi.call('PATCH', `/v1/endpoints/${weir.endpoint.id}`, {
    settings: { queryWaitTimeoutMs: 500 },
  });
  const { client } = await connect(0);
  await order('pause');
  await expect(client.query('select 1')).rejects.toMatchObject({
    code: '57P03',
    message: expect.stringContaining('is paused by its operator'),
    hint: expect.stringContaining('Nothing was sent'),
  });
  await expect(connect(0, { direct: true })).rejects.toMatchObject({ code: '57P03' });
  await weir.controlApi.call('PATCH', `/v1/endpoints/${weir.endpoint.id}`, {
    settings: { queryWaitTimeoutMs: 20_000 },
  });
});

test('a reconnect replaces idle server connections at once and used ones at release, and cuts no transaction', async () => {
  const [idle, busy] = [await connect(0), await connect(1)];
  await idle.client.query('select 1');
  await busy.client.query('begin');
  const pidOf = async ({ client }: typeof idle) =>
    (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;
  const [before, held] = [await serversOf('app'), await pidOf(busy)];
  await order('reconnect');
  await waitUntil(async () => (await serversOf('app')).length === 1, { what: 'idle ones are closed' });
  expect(await pidOf(busy)).toBe(held);
  await busy.client.query('commit');
  await waitUntil(async () => (await serversOf('app')).length === 0, { what: 'the last is closed' });
  const old = before.map(({ pid }) => pid);
  for (const client of [idle, busy]) expect(old).not.toContain(await pidOf(client));
});

test('a kill ends all clients and server connections on every pooler, says who may repeat, and new ones come in', async () => {
  const [idle, inside, running] = [await connect(0), await connect(1), await connect(1)];
  const direct = await connect(0, { direct: true });
  const other = await connect(0, { role: 'reports' });
  const sleeps = [running.client, direct.client].map((client) =>
    client.query('select pg_sleep(60)').catch((error: Told) => error),
  );
  await inside.client.query('begin');
  await idle.client.query('select 1');
  await waitUntil(async () => (await serversOf('app')).length >= 4, { what: 'all have servers' });
  const reach = await order('kill', { role: 'app' });
  expect(reach.poolers.map(({ state }) => state)).toEqual(['done', 'done']);
  for (const { told } of [idle, inside]) expect(await told).toMatchObject({ code: '57P01' });
  expect(await sleeps[0]).toMatchObject({ code: '08007', message: expect.stringContaining('under way') });
  // What a direct client ran is cancelled by the database, in its own words; then it is told.
  expect(await sleeps[1]).toMatchObject({ code: '57014' });
  expect(await direct.told).toMatchObject({ code: '57P01' });
  await waitUntil(async () => (await serversOf('app')).length === 0, {
    what: 'no server connection is left',
  });
  expect((await other.client.query('select 1 as x')).rows).toEqual([{ x: 1 }]);
  expect((await (await connect(1)).client.query('select 1 as x')).rows).toEqual([{ x: 1 }]);
});

test('a pooler that was frozen during a kill is named as one that has not done it, and does it when it wakes', async () => {
  const { told } = await connect(1);
  const { pid } = weir.poolers[1]!;
  process.kill(pid, 'SIGSTOP');
  try {
    const { generation } = await weir.controlApi.call<OrderReply>('POST', pathOf('kill'), {});
    const orders = (waitMs: number) =>
      weir.controlApi.call<OrdersReachReply>(
        'GET',
        `${pathOf('orders')}?generation=${generation}&waitMs=${waitMs}`,
      );
    const soon = await orders(3_000);
    expect([soon.reached, soon.poolers.map(({ state }) => state).sort()]).toEqual([
      false,
      ['behind', 'done'],
    ]);
    const silent = await waitUntil(
      async () => {
        const reply = await orders(0);
        return reply.poolers.some(({ state }) => state === 'silent') ? reply : null;
      },
      { what: 'the frozen pooler is silent', timeoutMs: 15_000 },
    );
    expect(silent.reached).toBe(false);
    process.kill(pid, 'SIGCONT');
    expect((await orders(15_000)).reached).toBe(true);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  expect(await told).toMatchObject({ code: '57P01' });
});

test('a drain refuses new clients and ends the others over its time, those in a transaction after it', async () => {
  const plain = await Promise.all(Array.from({ length: 10 }, (_, i) => connect(i % 2)));
  const inside = await connect(0);
  await inside.client.query('begin');
  const begun = Date.now();
  const ends: number[] = [];
  for (const { told } of plain) void told.then(() => ends.push(Date.now() - begun));
  await order('drain', { overMs: 3_000 });
  await expect(connect(0)).rejects.toMatchObject({
    code: '57P03',
    message: expect.stringContaining('is being drained'),
  });
  for (const { told } of plain) expect(await told).toMatchObject({ code: '57P01' });
  // Not all at once, and not long after its time.
  expect(ends.at(-1)! - ends[0]!).toBeGreaterThan(1_000);
  expect(ends.at(-1)!).toBeLessThan(8_000);
  expect((await inside.client.query('select 1 as x')).rows).toEqual([{ x: 1 }]);
  await inside.client.query('commit');
  expect(await inside.told).toMatchObject({ code: '57P01', message: expect.stringContaining('drained') });
  await order('resume');
  expect((await (await connect(0)).client.query('select 1 as x')).rows).toEqual([{ x: 1 }]);
});

test.skipIf(findPsql() === null)(
  'weir pause, kill, drain and resume say what stands, and psql reads what happened',
  async () => {
    const cli = cliIn(directory.path, { WEIR_API_URL: weir.apiUrl, WEIR_API_KEY: weir.apiKey });
    const { id } = weir.endpoint;
    const paused = await cli(['pause', id, '--role', 'app']);
    expect([paused.code, paused.stderr]).toEqual([0, '']);
    expect(paused.stdout).toMatch(
      /paused {4}app in every database since .*\ngeneration \d+: done by 2 of 2 poolers/,
    );
    const narrower = await cli(['resume', id, '--role', 'app', '--database', 'app']);
    expect([narrower.code, narrower.stderr]).toEqual([
      5,
      expect.stringContaining('A pause of more than this'),
    ]);
    expect((await cli(['resume', id])).stdout).toMatch(/^generation \d+: done by 2 of 2/);

    const sleeping = runPsql(weir.pooledUrl(), "select 'in', pg_sleep(60)");
    await waitUntil(async () => (await serversOf('app')).length > 0, { what: 'psql runs' });
    expect((await cli(['kill', id, '--json'])).code).toBe(0);
    const { stderr } = await sleeping;
    expect(stderr).toContain('ended all its connections');
    expect(stderr).toContain('Whether the last statement took effect is not known');

    expect((await cli(['drain', id, '--over', '0'])).stdout).toContain('draining  since');
    const refused = await runPsql(weir.pooledUrl(), 'select 1');
    expect(refused.stderr).toContain('is being drained by its operator');
    expect((await cli(['drain', id, '--over', 'soon'])).code).toBe(2);
    expect((await cli(['resume', id])).code).toBe(0);
    expect((await runPsql(weir.pooledUrl(), 'select 1')).stdout).toBe('1');
  },
);
