// Tenants and endpoints over the API: what is created, changed and deleted, and what poolers are told of it.
import {
  type CreateTenantReply,
  createTenantReplySchema,
  type EndpointReply,
  type GetTenantReply,
  getTenantReplySchema,
  type MeReply,
  type Problem,
  type TenantPageReply,
} from '@weir/api-contract';
import { parseVerifier } from '@weir/scram';
import { defaultEndpointSettings } from '@weir/tenancy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, createTenant, startBench, tenantBody, upstreamPassword } from './support.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.close());

test('a created tenant comes with sizing, hosts and four strings, and poolers are told of it', async () => {
  const reply = createTenantReplySchema.parse(await createTenant(bench));
  const { endpoint, connectionStrings, tenant } = reply;
  expect(tenant).toMatchObject({ name: 'Shop', status: 'active', endpointCount: 1 });
  expect(endpoint.sizing).toEqual({
    ramBytes: 1_073_741_824,
    divisorBytes: 9_531_392,
    cap: 4000,
    reserve: 7,
    maxConnections: 60,
    reservedConnections: 3,
    budget: 50,
  });
  expect(endpoint.budget).toBe(50);
  expect(endpoint.hosts).toEqual({
    pooled: `${endpoint.id}-pooler.db.localhost`,
    direct: `${endpoint.id}.db.localhost`,
    port: 6432,
  });
  expect(endpoint.upstream.id).toMatch(new RegExp(`^\\d+@${bench.server.host}:${bench.server.port}$`));
  const pooled = new URL(connectionStrings.pooled);
  expect(decodeURIComponent(pooled.password)).toBe(upstreamPassword);
  expect(pooled.hostname).toBe(endpoint.hosts.pooled);
  expect(connectionStrings.pooledNoSni).toContain(`options=endpoint%3D${endpoint.id}-pooler`);
  expect(connectionStrings.snippets.map((snippet) => snippet.id)).toContain('prisma-7');

  await bench.published(endpoint.id, 1);
  const found = await bench.lookUp(endpoint.id);
  if (found.kind !== 'found') throw new Error(found.kind);
  expect(found.endpoint).toMatchObject({
    tenantId: tenant.id,
    tenantName: 'Shop',
    status: 'active',
    defaultDatabase: 'shop',
    serviceRole: { name: 'app', password: upstreamPassword },
    sizing: endpoint.sizing,
    settings: endpoint.settings,
  });
  const [role] = found.endpoint.roles;
  expect(role).toMatchObject({ name: 'app', password: upstreamPassword, verifierIsServers: false });
  expect(parseVerifier(role!.verifier!)).not.toBeNull();
});

test("a role that may read pg_authid brings the server's own verifier", async () => {
  const { server } = bench;
  await server.createRole('admin', 'admin-pw', "SUPERUSER VALID UNTIL '2199-01-02 03:04:05+00'");
  const { endpoint } = await createTenant(bench, { user: 'admin', password: 'admin-pw' });
  expect(endpoint.roles).toEqual([{ name: 'admin', verifierIsServers: true }]);
  await bench.published(endpoint.id, 1);
  const found = await bench.lookUp(endpoint.id);
  const [stored] = await server.sql<{ rolpassword: string }>(
    "select rolpassword from pg_authid where rolname = 'admin'",
  );
  expect(found.kind === 'found' && found.endpoint.roles[0]).toEqual({
    name: 'admin',
    previous: null,
    verifier: stored!.rolpassword,
    verifierIsServers: true,
    password: 'admin-pw',
    validUntil: '2199-01-02T03:04:05.000Z',
  });
});

test('settings, sizing and status change, each raises the generation and arrives', async () => {
  const { endpoint, tenant } = await createTenant(bench);
  const patch = (body: unknown) =>
    bench.api.call<EndpointReply>('PATCH', `/v1/endpoints/${endpoint.id}`, body);

  const tuned = await patch({
    settings: { poolSize: 5, requireTls: false },
    sizing: { reserve: 0, cap: 30 },
  });
  expect(tuned.generation).toBe(2);
  expect(tuned.settings).toEqual({ ...endpoint.settings, poolSize: 5, requireTls: false });
  expect(tuned.budget).toBe(30);
  await bench.published(endpoint.id, 2);

  const grown = await patch({ computeRamGb: 12, sizing: { cap: null }, settings: { poolSize: null } });
  expect(grown).toMatchObject({ budget: 57, settings: { poolSize: null, requireTls: false } });
  expect((await patch({})).generation).toBe(grown.generation);

  await bench.api.call('PATCH', `/v1/tenants/${tenant.id}`, { name: 'Shop 2', status: 'suspended' });
  await bench.published(endpoint.id, grown.generation + 1);
  const found = await bench.lookUp(endpoint.id);
  expect(found.kind === 'found' && found.endpoint).toMatchObject({
    tenantName: 'Shop 2',
    status: 'suspended',
  });
});

test('modes, timeouts and overrides are created, changed and published, and outlast other changes', async () => {
  const chosen = {
    mode: 'session',
    stateTracking: 'strict',
    pinsMax: 5,
    // Longer than what an integer of the catalog would hold.
    pinIdleTimeoutMs: 2_592_000_000,
    clientIdleTimeoutMs: 1,
    idleInTransactionTimeoutMs: 60_000,
    queryTimeoutMs: 30_000,
    transactionTimeoutMs: 90_000,
    overrides: [{ role: 'reports', settings: { mode: 'transaction', poolSize: null, queryTimeoutMs: 0 } }],
  };
  const body = { ...tenantBody(bench.server), settings: chosen };
  const { endpoint } = createTenantReplySchema.parse(await bench.api.call('POST', '/v1/tenants', body));
  const overrides = [{ ...chosen.overrides[0]!, database: null }];
  expect(endpoint.settings).toEqual({ ...defaultEndpointSettings, ...chosen, overrides });

  const patch = (settings: unknown) =>
    bench.api.call<EndpointReply>('PATCH', `/v1/endpoints/${endpoint.id}`, { settings });
  const changed = await patch({ mode: 'statement', pinsMax: null, transactionTimeoutMs: 0 });
  const expected = { ...endpoint.settings, mode: 'statement', pinsMax: null, transactionTimeoutMs: 0 };
  expect(changed.settings).toEqual(expected);
  await bench.published(endpoint.id, 2);
  const found = await bench.lookUp(endpoint.id);
  expect(found.kind === 'found' && found.endpoint.settings).toEqual(expected);

  // The list is replaced as a whole.
  const other = { role: null, database: 'Shop "2"', settings: { pinsMax: 1 } };
  expect((await patch({ overrides: [other] })).settings).toEqual({ ...expected, overrides: [other] });
  expect((await patch({ overrides: [] })).settings.overrides).toEqual([]);
  const read = await bench.api.call<EndpointReply>('GET', `/v1/endpoints/${endpoint.id}`);
  expect(read.settings).toEqual({ ...expected, overrides: [] });
});

test('two overrides for the same role and database are refused by the field', async () => {
  const { endpoint } = await createTenant(bench);
  const override = { role: 'app', database: 'shop', settings: { mode: 'session' } };
  const reply = await bench.api.fetch('PATCH', `/v1/endpoints/${endpoint.id}`, {
    settings: { overrides: [override, { ...override, role: 'other' }, override] },
  });
  expect(reply.status).toBe(422);
  const problem = (await reply.json()) as Problem;
  expect(problem).toMatchObject({ type: '/problems/validation-failed' });
  expect(problem.errors).toEqual([
    { field: 'settings.overrides.2', message: expect.stringContaining('same role and database') },
  ]);
  const read = await bench.api.call<EndpointReply>('GET', `/v1/endpoints/${endpoint.id}`);
  expect(read).toMatchObject({ generation: 1, settings: { overrides: [] } });
});

test('a change arrives within a second', async () => {
  const { endpoint } = await createTenant(bench);
  const tookMs: number[] = [];
  // The fastest of five: a machine that stands still for a moment says nothing about the publisher.
  for (let generation = 2; generation <= 6; generation++) {
    await bench.api.call('PATCH', `/v1/endpoints/${endpoint.id}`, { settings: { poolSize: generation } });
    tookMs.push(await bench.published(endpoint.id, generation));
  }
  expect(Math.min(...tookMs)).toBeLessThan(1_000);
});

test('the database behind an endpoint changes only with its password, and is tried out first', async () => {
  const { endpoint } = await createTenant(bench);
  const patch = (upstream: unknown) => bench.api.fetch('PATCH', `/v1/endpoints/${endpoint.id}`, { upstream });
  expect((await patch({ host: 'localhost' })).status).toBe(422);
  const missing = await patch({ database: 'nowhere' });
  expect(((await missing.json()) as Problem).type).toBe('/problems/upstream-database-missing');

  await bench.server.createRole('second', 'second-pw');
  const moved = await patch({ user: 'second', password: 'second-pw', database: 'postgres' });
  expect(moved.status).toBe(200);
  const reply = (await moved.json()) as EndpointReply;
  expect(reply).toMatchObject({ generation: 2, defaultDatabase: 'postgres', roles: [{ name: 'second' }] });
  // Without a password the sealed one is used, for the server it was given for.
  expect((await patch({ tlsMode: 'disable' })).status).toBe(200);
});

test('a deleted tenant leaves a tombstone, and neither secrets nor answers', async () => {
  const { endpoint, tenant } = await createTenant(bench);
  const second = await bench.api.call<CreateTenantReply>(
    'POST',
    `/v1/tenants/${tenant.id}/endpoints`,
    withoutName(),
  );
  await bench.published(second.endpoint.id, 1);
  expect((await bench.api.fetch('DELETE', `/v1/tenants/${tenant.id}`)).status).toBe(204);
  await bench.published(endpoint.id, 'deleted');
  await bench.published(second.endpoint.id, 'deleted');
  for (const [method, path] of [
    ['GET', `/v1/tenants/${tenant.id}`],
    ['GET', `/v1/endpoints/${endpoint.id}`],
    ['GET', `/v1/tenants/${tenant.id}/endpoints`],
    ['DELETE', `/v1/tenants/${tenant.id}`],
    ['PATCH', `/v1/endpoints/${endpoint.id}`],
  ] as const) {
    const reply = await bench.api.fetch(method, path, method === 'PATCH' ? { status: 'active' } : undefined);
    expect(reply.status, `${method} ${path}`).toBe(404);
  }
});

test('an endpoint is deleted alone', async () => {
  const { endpoint, tenant } = await createTenant(bench);
  await bench.api.call('DELETE', `/v1/endpoints/${endpoint.id}`);
  await bench.published(endpoint.id, 'deleted');
  const left = getTenantReplySchema.parse(
    await bench.api.call<GetTenantReply>('GET', `/v1/tenants/${tenant.id}`),
  );
  expect(left).toMatchObject({ endpointCount: 0, endpoints: [] });
});

test('a list is read page by page, each tenant once', async () => {
  for (let i = 0; i < 3; i++) await createTenant(bench);
  const all = await bench.api.call<TenantPageReply>('GET', '/v1/tenants?limit=200');
  expect(all.nextCursor).toBeNull();
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const page: TenantPageReply = await bench.api.call('GET', `/v1/tenants?limit=2${query}`);
    seen.push(...page.items.map((tenant) => tenant.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(all.items.map((tenant) => tenant.id));
  expect(all.items.at(-1)!.endpointCount).toBe(1);
});

test('strings for another role and database have no password', async () => {
  const { endpoint } = await createTenant(bench);
  const strings = await bench.api.call<{ pooled: string; passwordIncluded: boolean }>(
    'GET',
    `/v1/endpoints/${endpoint.id}/connection-strings?role=re%40der&database=stats`,
  );
  expect(strings.passwordIncluded).toBe(false);
  expect(strings.pooled).toBe(
    `postgresql://re%40der@${endpoint.id}-pooler.db.localhost:6432/stats?sslmode=require`,
  );
});

test('activity adds up what the processes report', async () => {
  const { endpoint } = await createTenant(bench);
  const activity = {
    clientsActive: 1,
    clientsIdle: 2,
    clientsWaiting: 3,
    serversActive: 4,
    serversIdle: 5,
    serversOpening: 0,
    serversDirect: 1,
    serversPinned: 0,
    transactionsTotal: 7,
    generation: 1,
    pins: { newest: [], leftOut: 0, totals: {} },
    addresses: { clients: {}, leftOut: 0 },
    upstream: { answeredMsAgo: null, trouble: null, openMs: null },
    errors: {},
    waits: [],
    executions: [],
  };
  for (const processId of ['one', 'two']) {
    const startedAt = new Date().toISOString();
    await bench.fleet.registry.report({ processId, startedAt, endpoints: { [endpoint.id]: activity } });
  }
  const reply = await bench.api.call('GET', `/v1/endpoints/${endpoint.id}/activity`);
  expect(reply).toMatchObject({
    budget: 50,
    serversOpen: 20,
    totals: { clientsWaiting: 6, transactionsTotal: 14 },
    processes: [{ processId: 'one' }, { processId: 'two' }],
  });
});

test('who has no valid key is told so before anything else', async () => {
  for (const authorization of ['', 'Bearer weir_0000', 'Basic abc', `Bearer weir_${'0'.repeat(48)}`]) {
    const reply = await bench.api.fetch('POST', '/v1/tenants', { nonsense: true }, { authorization });
    expect(reply.status).toBe(401);
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  }
  const me = await bench.api.call<MeReply>('GET', '/v1/me');
  expect(bench.api.apiKey.startsWith(me.apiKey.prefix)).toBe(true);
  expect(me.service).toMatchObject({ domain: 'db.localhost', publicPort: 6432, sharedState: 'redis' });
});

test('a refused body names every field at fault', async () => {
  const body = {
    ...tenantBody(bench.server, { port: 0, sslmode: 'x' }),
    colour: 'red',
    settings: { poolSize: 0 },
  };
  const reply = await bench.api.fetch('POST', '/v1/tenants', body);
  expect(reply.status).toBe(422);
  const problem = (await reply.json()) as Problem;
  expect(problem.type).toBe('/problems/validation-failed');
  expect(problem.errors!.map((fault) => fault.field).sort()).toEqual([
    'colour',
    'settings.poolSize',
    'upstream.port',
    'upstream.sslmode',
  ]);
  const broken = await fetch(`${bench.api.url}/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bench.api.apiKey}`, 'content-type': 'application/json' },
    body: '{"name":',
  });
  expect(((await broken.json()) as Problem).type).toBe('/problems/malformed-body');
});

function withoutName() {
  const { name: _, ...body } = tenantBody(bench.server);
  return body;
}
