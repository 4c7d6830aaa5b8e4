// Regions and cells: where an endpoint is served, what its hosts are called, where its DNS records lead, and what guards that.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  CreateEndpointReply,
  CreateOrganisationReply,
  CreateTenantReply,
  EndpointPageReply,
  MeReply,
  Problem,
} from '@weir/api-contract';
import { startControlApi, startWeir, temporaryDirectory, waitUntil } from '@weir/harness';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, catalogUrlOf, createTenant, startBench, tenantBody } from './support.ts';

const directory = temporaryDirectory('regions');
const zone = join(directory.path, 'zone');
const env = {
  WEIR_CELLS: 'default/default,eu/eu-1,eu/eu-2',
  WEIR_DNS: `zone:${zone}`,
  WEIR_DNS_TARGETS: 'old.example.com;eu-1=eu-1.example.com;eu-2=192.0.2.7,2001:db8::7',
};
let bench: Bench;
let catalog: pg.Client;
beforeAll(async () => {
  bench = await startBench({ env });
  catalog = new pg.Client({ connectionString: catalogUrlOf(bench.server) });
  await catalog.connect();
});
afterAll(async () => {
  await catalog?.end();
  await bench?.close();
  directory.remove();
});

function makeTenant(place: object): Promise<CreateTenantReply> {
  return bench.api.call('POST', '/v1/tenants', { ...tenantBody(bench.server), ...place });
}

async function addEndpoint(tenantId: string, place: object): Promise<CreateEndpointReply['endpoint']> {
  const { name: _, ...body } = tenantBody(bench.server);
  const path = `/v1/tenants/${tenantId}/endpoints`;
  return (await bench.api.call<CreateEndpointReply>('POST', path, { ...body, ...place })).endpoint;
}

async function refusal(place: object, headers: Record<string, string> = {}): Promise<string> {
  const body = { ...tenantBody(bench.server), ...place };
  const reply = await bench.api.fetch('POST', '/v1/tenants', body, headers);
  const { type, errors } = (await reply.json()) as Problem;
  return [reply.status, type.split('/').at(-1), errors?.[0]?.field].filter(Boolean).join(' ');
}

test('who names no region is where everything was before, under the domain itself', async () => {
  const { endpoint, connectionStrings } = await createTenant(bench);
  expect(endpoint).toMatchObject({ region: 'default', cell: 'default' });
  expect(endpoint.hosts.pooled).toBe(`${endpoint.id}-pooler.db.localhost`);
  expect(connectionStrings.pooled).toContain(`@${endpoint.id}-pooler.db.localhost:`);
  const { service } = await bench.api.call<MeReply>('GET', '/v1/me');
  expect(service).toMatchObject({
    domain: 'db.localhost',
    regions: [
      { id: 'default', domain: 'db.localhost' },
      { id: 'eu', domain: 'eu.db.localhost' },
    ],
  });
});

test('an endpoint in a region has its hosts and strings under it, and poolers hear where it is', async () => {
  const { endpoint, connectionStrings } = await makeTenant({ region: 'eu' });
  expect(endpoint).toMatchObject({ region: 'eu', cell: 'eu-1' });
  expect(endpoint.hosts).toMatchObject({
    pooled: `${endpoint.id}-pooler.eu.db.localhost`,
    direct: `${endpoint.id}.eu.db.localhost`,
  });
  expect(connectionStrings.direct).toContain(`@${endpoint.id}.eu.db.localhost:`);
  await bench.published(endpoint.id, 1);
  expect(await bench.lookUp(endpoint.id)).toMatchObject({ endpoint: { region: 'eu', cell: 'eu-1' } });
});

test('a tenant stays together, may have endpoints in other regions, and they are listed by place', async () => {
  const { tenant, endpoint } = await makeTenant({ cell: 'eu-2' });
  expect(endpoint).toMatchObject({ region: 'eu', cell: 'eu-2' });
  const beside = await addEndpoint(tenant.id, {});
  expect(beside.cell).toBe('eu-2');
  const away = await addEndpoint(tenant.id, { region: 'default' });
  expect(away.cell).toBe('default');
  expect((await addEndpoint(tenant.id, { region: 'eu', kind: 'read_only' })).cell).toBe('eu-2');
  const found = async (query: string) => {
    const path = `/v1/tenants/${tenant.id}/endpoints?${query}`;
    return (await bench.api.call<EndpointPageReply>('GET', path)).items.map((one) => one.id);
  };
  expect(await found('region=default')).toEqual([away.id]);
  expect(await found('cell=eu-2&kind=read_write')).toEqual([endpoint.id, beside.id].sort());
  expect(await found('region=eu&cell=default')).toEqual([]);
});

test('a place that there is not is refused, and a cell is chosen by who runs them', async () => {
  expect(await refusal({ region: 'us' })).toBe('422 validation-failed region');
  expect(await refusal({ cell: 'us-1' })).toBe('422 validation-failed cell');
  expect(await refusal({ region: 'default', cell: 'eu-1' })).toBe('422 validation-failed cell');
  const made = await bench.api.call<CreateOrganisationReply>('POST', '/v1/organisations', { name: 'Guest' });
  const authorization = `Bearer ${made.secret}`;
  expect(await refusal({ cell: 'eu-1' }, { authorization })).toBe('403 operator-only');
  const { id } = (await makeTenant({})).endpoint;
  expect((await bench.api.fetch('PATCH', `/v1/endpoints/${id}`, { region: 'eu' })).status).toBe(422);
});

test('the catalog takes no endpoint whose cell is not in its region, whoever writes it', async () => {
  const { endpoint } = await makeTenant({ region: 'eu' });
  for (const set of ["cell = 'default'", "region = 'default'", "cell = 'eu-9'"]) {
    const written = catalog.query(`update endpoints set ${set} where id = $1`, [endpoint.id]);
    await expect(written).rejects.toMatchObject({ code: '23503', constraint: 'endpoints_cell_in_region' });
  }
});

test("an endpoint's DNS records lead to its cell, under the domain of its region", async () => {
  const first = (await makeTenant({ cell: 'eu-1' })).endpoint;
  const second = (await makeTenant({ cell: 'eu-2' })).endpoint;
  const old = (await makeTenant({})).endpoint;
  const written = () => (existsSync(zone) ? readFileSync(zone, 'utf8') : '');
  await waitUntil(() => [first, second, old].every(({ id }) => written().includes(id)), {
    what: 'all three have records',
    timeoutMs: 30_000,
  });
  for (const suffix of ['-pooler', '']) {
    for (const line of [
      `${first.id}${suffix}.eu.db.localhost. 60 IN CNAME eu-1.example.com.`,
      `${second.id}${suffix}.eu.db.localhost. 60 IN A 192.0.2.7`,
      `${second.id}${suffix}.eu.db.localhost. 60 IN AAAA 2001:db8::7`,
      `${old.id}${suffix}.db.localhost. 60 IN CNAME old.example.com.`,
    ])
      expect(written()).toContain(`\n${line}\n`);
  }
  await bench.api.call('DELETE', `/v1/endpoints/${second.id}`);
  await waitUntil(() => !written().includes(second.id), {
    what: 'the records of a deleted one are gone',
    timeoutMs: 30_000,
  });
});

test('a process whose cells are not those of the catalog does not start, and says why', async () => {
  const start = (cells: string) =>
    startControlApi({
      catalogUrl: catalogUrlOf(bench.server),
      redisUrl: bench.redis.url,
      sealKeyFile: bench.sealKeyFile,
      env: { WEIR_CELLS: cells },
    });
  await expect(start('default/default,eu/eu-2')).rejects.toThrow(
    /WEIR_CELLS: cell eu-1 of region eu still has/,
  );
  await expect(start('default/default,eu/eu-2,us/eu-1')).rejects.toThrow(
    /WEIR_CELLS: cell eu-1 is in region eu, and cannot be in us/,
  );
});

test('a client finds its endpoint by the host of its region', async () => {
  await using weir = await startWeir({
    controlApiEnv: { WEIR_CELLS: 'eu/eu-1' },
    poolerEnv: { WEIR_DOMAINS: 'db.localhost,eu.db.localhost' },
  });
  expect(weir.endpoint.hosts.pooled).toBe(`${weir.endpoint.id}-pooler.eu.db.localhost`);
  for (const servername of [weir.endpoint.hosts.pooled, weir.endpoint.hosts.direct]) {
    // The certificate of this test is for hosts without a region.
    const client = await weir.client({ config: { ssl: { rejectUnauthorized: false, servername } } });
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  }
  const direct = `${weir.endpoint.id}.eu.db.localhost`;
  const config = { replication: 'database' } as pg.ClientConfig;
  await expect(weir.client({ config })).rejects.toMatchObject({ hint: expect.stringContaining(direct) });
});
