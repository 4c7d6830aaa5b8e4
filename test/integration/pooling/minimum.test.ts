// Pools that keep server connections open ahead of demand, in two processes that share a budget: seen from the database.
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import type { EndpointSettings } from '@weir/tenancy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackendSampler, sampleBackends } from '../fleet/backend-sampler.ts';
import { clientsPerTest } from '../open-clients.ts';

const budget = 6;
let weir: Weir;
let sampler: BackendSampler;
const connect = clientsPerTest(() => weir);

beforeAll(async () => {
  weir = await startWeir({ budget, poolers: 2, postgres: { maxConnections: 60 } });
  sampler = await sampleBackends(weir.postgres.url, weir.database);
});
afterAll(async () => {
  await sampler?.stop();
  await weir?.close();
});

async function change(settings: Partial<EndpointSettings>): Promise<void> {
  await weir.controlApi.call('PATCH', `/v1/endpoints/${weir.endpoint.id}`, { settings });
}

async function backends(): Promise<number[]> {
  const rows = await weir.postgres.sql<{ pid: number }>(
    `select pid from pg_stat_activity where backend_type = 'client backend' and usename = 'app' order by pid`,
  );
  return rows.map(({ pid }) => pid);
}

async function settled(count: number, what: string): Promise<void> {
  await waitUntil(async () => (await backends()).length === count, { what });
}

test('one client is enough for a pool to be ready for many, and a raised minimum holds at once', async () => {
  await change({ poolSizeMin: 3, serverIdleTimeoutMs: 300_000 });
  const client = await connect({ pooler: 0 });
  await client.query('select 1');
  await settled(3, 'the minimum is open');
  await change({ poolSizeMin: 4 });
  await settled(4, 'the raised minimum is open');
  const before = await backends();
  const burst = await Promise.all(Array.from({ length: 4 }, () => connect({ pooler: 0 })));
  await Promise.all(burst.map((one) => one.query('select pg_sleep(0.2)')));
  expect(await backends()).toEqual(before);
});

test('what is kept in one process goes to clients that wait in the other, within the budget', async () => {
  await change({ poolSizeMin: budget });
  const quiet = await connect({ pooler: 0 });
  await quiet.query('select 1');
  await settled(budget, 'all of the budget is kept in the first process');
  sampler.reset();
  const waiting = await Promise.all(Array.from({ length: 3 }, () => connect({ pooler: 1 })));
  const sinceMs = performance.now();
  await Promise.all(waiting.map((client) => client.query('select pg_sleep(0.3)')));
  console.log(`served ${Math.round(performance.now() - sinceMs - 300)} ms after they asked`);
  await quiet.query('select 1');
  expect(sampler.seen().most).toBeLessThanOrEqual(budget);
});

test('a paused pool keeps none, and has its minimum again once it is resumed', async () => {
  // Short, so that the other process, whose clients have gone, soon keeps none of its own.
  await change({ poolSizeMin: 2, serverIdleTimeoutMs: 1_000 });
  const client = await connect({ pooler: 0 });
  await client.query('select 1');
  await settled(2, 'one process alone keeps its minimum');
  const order = (name: string) =>
    weir.controlApi.call('POST', `/v1/endpoints/${weir.endpoint.id}/${name}`, {});
  await order('pause');
  await settled(0, 'nothing is left while it is paused');
  await order('resume');
  await settled(2, 'the minimum is open again');
});

test('servers idle out down to the minimum, and all of them once the clients have been gone for as long', async () => {
  await change({ poolSizeMin: 2, serverIdleTimeoutMs: 1_000 });
  const clients = await Promise.all(Array.from({ length: 4 }, () => connect({ pooler: 0 })));
  await Promise.all(clients.map((client) => client.query('select pg_sleep(0.3)')));
  await settled(2, 'what is over the minimum has closed');
  const kept = await backends();
  await clients[0]!.query('select pg_sleep(1.5)');
  expect(await backends()).toEqual(kept);
  await Promise.all(clients.map((client) => client.end()));
  await settled(0, 'all have closed');
});
