// Many tenants with small budgets on several processes: together they get nearly all that the budgets allow.
import type { CreateTenantReply } from '@weir/api-contract';
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import { hostOf } from '@weir/tenancy';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleBackends } from './backend-sampler.ts';

/** The short form; `WEIR_TEST_TENANTS=100 WEIR_TEST_SECONDS=30` is that of acceptance. */
const tenantCount = Number(process.env.WEIR_TEST_TENANTS ?? 6);
const seconds = Number(process.env.WEIR_TEST_SECONDS ?? 6);
const processes = 4;
const budget = 4;
const clientsEach = 12;
const queryMs = 100;

let weir: Weir;
beforeAll(async () => {
  weir = await startWeir({
    budget,
    poolers: processes,
    // Each tenant reaches it by an address of its own, and has a budget of its own.
    postgres: {
      maxConnections: 100 + tenantCount * (budget + processes),
      settings: { listen_addresses: '*' },
    },
  });
});
afterAll(() => weir?.close());

async function createTenant(number: number): Promise<string> {
  const { postgres } = weir;
  const body = {
    name: `small-${number}`,
    upstream: {
      host: `127.0.${1 + Math.floor(number / 200)}.${1 + (number % 200)}`,
      port: postgres.port,
      database: weir.database,
      user: postgres.user,
      password: postgres.password,
      tlsMode: 'disable',
    },
    computeRamGb: 64,
    sizing: { cap: budget, reserve: 0 },
  };
  const { endpoint } = await weir.controlApi.call<CreateTenantReply>('POST', '/v1/tenants', body);
  return endpoint.id;
}

async function connect(endpointId: string, pooler: number): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: weir.poolers[pooler]!.port,
    user: 'app',
    password: 'app-pw',
    database: weir.database,
    ssl: { ca: weir.caPem, servername: hostOf(endpointId, true, weir.domain) },
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

test(`${tenantCount} tenants with a budget of ${budget} each on ${processes} processes get 90 % of what the budgets allow`, async () => {
  const endpoints: string[] = [];
  for (let number = 0; number < tenantCount; number++) endpoints.push(await createTenant(number));
  const clients: pg.Client[] = [];
  for (const [number, endpointId] of endpoints.entries()) {
    await waitUntil(async () => (await connect(endpointId, number % processes)).end().then(() => true), {
      what: 'the tenant is known',
    });
    // Clients land anywhere: one process has many of a tenant's, another none.
    for (let i = 0; i < clientsEach; i++)
      clients.push(await connect(endpointId, (i * i + i * number + number) % processes));
  }
  const sampler = await sampleBackends(weir.postgres.url, weir.database);
  let going = true;
  let done = 0;
  const running = clients.map(async (client) => {
    while (going) {
      await client.query(`select pg_sleep(${queryMs / 1_000})`);
      done++;
    }
  });
  // Shares have to find their places first.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const [before, sinceMs] = [done, performance.now()];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const passedMs = performance.now() - sinceMs;
  const part = (done - before) / ((tenantCount * budget * passedMs) / queryMs);
  going = false;
  await Promise.all(running);
  const { most } = await sampler.stop();
  console.log(`${(part * 100).toFixed(1)} % of what the budgets allow, at most ${most} server connections`);
  // And one of the tenant that every test begins with.
  expect(most).toBeLessThanOrEqual(tenantCount * budget + 1);
  expect(part).toBeGreaterThan(0.9);
  await Promise.all(clients.map((client) => client.end()));
});
