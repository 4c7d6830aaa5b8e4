// Suspended and deleted tenants: what their clients hear, how they come back, and what is left after the time for that.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiClient, createTenantReplySchema } from '@weir/api-contract';
import { startControlApi, startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from './api-client.ts';
import { type Bench, catalogUrlOf, createTenant, startBench } from './support.ts';

let weir: Weir;
let client: ApiClient;
beforeAll(async () => {
  weir = await startWeir({ budget: 5 });
  client = clientOf(weir.controlApi.url, weir.controlApi.apiKey);
});
afterAll(() => weir?.close());

/** The SQLSTATE with which a new client is refused, or null. */
async function refusal(): Promise<string | null> {
  try {
    const one = await weir.client({});
    one.on('error', () => {});
    await one.query('select 1');
    await one.end();
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? 'no code';
  }
}

test('a suspended tenant says why, refuses clients, and forgets the reason when it is resumed', async () => {
  const params = { tenantId: (await client.listTenants({})).items[0]!.id };
  const suspended = await client.changeTenant({
    params,
    body: { status: 'suspended', suspendedReason: 'unpaid since May' },
  });
  expect(suspended).toMatchObject({ status: 'suspended', suspendedReason: 'unpaid since May' });
  await waitUntil(async () => (await refusal()) === '57P03', { what: 'clients are refused' });
  // Another change leaves the suspension as it is.
  expect(await client.changeTenant({ params, body: { name: 'Renamed' } })).toMatchObject({
    status: 'suspended',
    suspendedReason: 'unpaid since May',
  });
  const wrong = client.changeTenant({ params, body: { status: 'active', suspendedReason: 'x' } });
  await expect(wrong).rejects.toMatchObject({ status: 422 });
  expect(await client.changeTenant({ params, body: { status: 'active' } })).toMatchObject({
    status: 'active',
    suspendedReason: null,
  });
  await waitUntil(async () => (await refusal()) === null, { what: 'clients are let in again' });
});

test('a deleted tenant refuses clients at once, and serves them again when it is undeleted', async () => {
  const [tenant] = (await client.listTenants({})).items;
  const params = { tenantId: tenant!.id };
  const deletedAt = Date.now();
  await client.deleteTenant({ params });
  await waitUntil(async () => (await refusal()) === '08004', { what: 'clients are refused' });
  expect((await client.listTenants({})).items).toEqual([]);
  const [deleted] = (await client.listTenants({ query: { status: 'deleted' } })).items;
  expect(deleted).toMatchObject({ id: tenant!.id, status: 'deleted', endpointCount: 1 });
  const graceMs = Date.parse(deleted!.purgeAt!) - deletedAt;
  expect(Math.abs(graceMs - 72 * 3_600_000)).toBeLessThan(60_000);
  for (const call of [
    () => client.getTenant({ params }),
    () => client.getEndpoint({ params: { endpointId: weir.endpoint.id as never } }),
    () => client.changeTenant({ params, body: { status: 'active' } }),
  ]) {
    await expect(call()).rejects.toMatchObject({ status: 404 });
  }
  expect(await client.undeleteTenant({ params })).toMatchObject({ status: 'active', purgeAt: null });
  await waitUntil(async () => (await refusal()) === null, { what: 'clients are let in again' });
  await expect(client.undeleteTenant({ params })).rejects.toMatchObject({ status: 404 });
});

let bench: Bench | undefined;
afterAll(() => bench?.close());

test('what was suspended comes back suspended; what is past its time does not, and leaves no secret', async () => {
  bench = await startBench({ env: { WEIR_DELETION_GRACE_HOURS: '0.001' } });
  const api = clientOf(bench.api.url, bench.api.apiKey);
  const catalog = new pg.Client({ connectionString: catalogUrlOf(bench.server) });
  await catalog.connect();
  const { tenant, endpoint } = createTenantReplySchema.parse(await createTenant(bench));
  const params = { tenantId: tenant.id };
  await api.changeTenant({ params, body: { status: 'suspended', suspendedReason: 'abuse' } });
  await api.deleteTenant({ params });
  expect(await api.undeleteTenant({ params })).toMatchObject({
    status: 'suspended',
    suspendedReason: 'abuse',
  });
  await api.deleteTenant({ params });
  // 3.6 seconds of grace here.
  await waitUntil(
    async () => {
      const { rows } = await catalog.query('select purge_at <= now() as over from tenants where id = $1', [
        tenant.id,
      ]);
      return rows[0].over;
    },
    { what: 'the time is over' },
  );
  await expect(api.undeleteTenant({ params })).rejects.toMatchObject({ status: 404 });
  // Each process sweeps once a minute, and when it starts.
  const directory = temporaryDirectory('sweeping-api');
  const keyFile = join(directory.path, 'key');
  writeFileSync(keyFile, bench.api.apiKey);
  const sweeping = await startControlApi({
    catalogUrl: catalogUrlOf(bench.server),
    redisUrl: bench.redis.url,
    sealKeyFile: bench.sealKeyFile,
    env: { WEIR_FIRST_KEY_FILE: keyFile },
  });
  await waitUntil(
    async () => {
      const { rows } = await catalog.query(
        'select service_password_sealed as sealed from endpoints where id = $1',
        [endpoint.id],
      );
      return rows[0].sealed === null;
    },
    { what: 'the secret is gone' },
  );
  const { rows } = await catalog.query('select count(*)::int as left from roles where endpoint_id = $1', [
    endpoint.id,
  ]);
  expect(rows[0].left).toBe(0);
  expect((await api.listTenants({ query: { status: 'deleted' } })).items).toEqual([]);
  await bench.published(endpoint.id, 'deleted');
  await catalog.end();
  await sweeping.close();
  directory.remove();
});
