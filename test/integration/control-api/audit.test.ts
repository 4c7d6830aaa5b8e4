// The audit log: each change by whom, when, what, from where and in which request; without secrets, and never changed.
import { ApiCallError, type ApiClient, type AuditEntryReply } from '@weir/api-contract';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from './api-client.ts';
import {
  type Bench,
  catalogUrlOf,
  createTenant,
  startBench,
  tenantBody,
  upstreamPassword,
} from './support.ts';

let bench: Bench;
let client: ApiClient;
let catalog: pg.Client;
beforeAll(async () => {
  bench = await startBench();
  client = clientOf(bench.api.url, bench.api.apiKey);
  catalog = new pg.Client({ connectionString: catalogUrlOf(bench.server) });
  await catalog.connect();
});
afterAll(async () => {
  await catalog?.end();
  await bench?.close();
});

/** Entries of a tenant and its endpoints, the oldest first. */
async function entriesOf(tenantId: string): Promise<readonly AuditEntryReply[]> {
  const { items } = await client.listAudit({ query: { tenantId: tenantId as never, limit: 200 } });
  return [...items].reverse();
}

test('a tenant from its creation to its end: who, what, from where, in which request, and no secret', async () => {
  const { tenant, endpoint } = await createTenant(bench);
  const me = await client.getMe({});
  await bench.api.call('PATCH', `/v1/tenants/${tenant.id}`, { name: 'Shop 2' }, { 'x-request-id': 'rename' });
  const path = `/v1/endpoints/${endpoint.id}`;
  await bench.api.call('PATCH', path, { settings: { poolSize: 9 } });
  await bench.server.createRole('rotated', 'another-pw');
  await bench.api.call('PATCH', path, {
    upstream: { user: 'rotated', password: 'another-pw', database: 'postgres' },
  });
  await bench.api.call('DELETE', `/v1/tenants/${tenant.id}`);

  const entries = await entriesOf(tenant.id);
  expect(entries.map(({ action, targetId }) => [action, targetId])).toEqual([
    ['tenant.create', tenant.id],
    ['endpoint.create', endpoint.id],
    ['tenant.change', tenant.id],
    ['endpoint.change', endpoint.id],
    ['endpoint.change', endpoint.id],
    ['tenant.delete', tenant.id],
  ]);
  for (const entry of entries) {
    expect(entry).toMatchObject({
      author: 'api-key',
      apiKeyId: me.apiKey.id,
      address: '127.0.0.1',
      tenantId: tenant.id,
    });
  }
  expect(entries[2]).toMatchObject({
    requestId: 'rename',
    changes: [{ field: 'name', before: 'Shop', after: 'Shop 2' }],
  });
  expect(entries[3]!.changes).toEqual([{ field: 'settings.poolSize', before: null, after: 9 }]);
  expect(entries[4]!.changes).toEqual(
    expect.arrayContaining([
      { field: 'upstream.user', before: 'app', after: 'rotated' },
      { field: 'roles', before: ['app'], after: ['rotated'] },
      { field: 'upstream.password', before: '(secret)', after: '(secret)' },
    ]),
  );
  const text = JSON.stringify(entries);
  for (const secret of [upstreamPassword, 'another-pw', bench.api.apiKey]) expect(text).not.toContain(secret);
});

test('keys and organisations stand in it too, in the log of the organisation that they concern', async () => {
  const { organisation, secret } = await client.createOrganisation({ body: { name: 'Bakery' } });
  const theirs = clientOf(bench.api.url, secret);
  const { apiKey } = await theirs.createApiKey({ body: { name: 'short-lived', scopes: ['read'] } });
  await theirs.revokeApiKey({ params: { apiKeyId: apiKey.id } });
  await client.changeOrganisation({
    params: { organisationId: organisation.id },
    body: { name: 'Bakery 2' },
  });
  const { items } = await theirs.listAudit({});
  expect(items.map((entry) => entry.action)).toEqual([
    'organisation.change',
    'api-key.revoke',
    'api-key.create',
    'api-key.create',
  ]);
  expect(items[2]!.changes).toContainEqual({ field: 'scopes', before: null, after: ['read'] });
  const made = await client.listAudit({ query: { action: 'organisation.create' } });
  expect(made.items.map((entry) => entry.targetId)).toContain(organisation.id);
});

test('what is refused, or was not changed, leaves no entry', async () => {
  const { tenant, endpoint } = await createTenant(bench);
  const before = (await entriesOf(tenant.id)).length;
  const params = { endpointId: endpoint.id };
  await client.changeEndpoint({ params, body: {} });
  const outcomes = await Promise.allSettled([
    client.changeEndpoint({ params, body: { settings: { poolSize: 1 } }, ifGeneration: 9 }),
    client.changeEndpoint({ params, body: { upstream: { database: 'nowhere' } } }),
    client.deleteTenant({ params: { tenantId: tenant.id }, ifGeneration: 9 }),
  ]);
  for (const outcome of outcomes) {
    expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(ApiCallError);
  }
  expect(await entriesOf(tenant.id)).toHaveLength(before);
});

test('it is read page by page and by filters, each entry once', async () => {
  for (let i = 0; i < 3; i++) await createTenant(bench);
  const all = await client.listAudit({ query: { limit: 200 } });
  expect(all.nextCursor).toBeNull();
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listAudit({ query: { limit: 4, cursor } });
    seen.push(...page.items.map((entry) => entry.id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual(all.items.map((entry) => entry.id));
  const middle = all.items[2]!;
  const since = await client.listAudit({ query: { since: middle.at, limit: 200 } });
  const until = await client.listAudit({ query: { until: middle.at, limit: 200 } });
  expect(since.items.length + until.items.length).toBe(all.items.length);
  expect(since.items.map((entry) => entry.id)).toContain(middle.id);
  const ofTarget = await client.listAudit({ query: { targetId: middle.targetId } });
  expect(new Set(ofTarget.items.map((entry) => entry.targetId))).toEqual(new Set([middle.targetId]));
});

test("nobody changes or deletes an entry, not even the catalog's owner", async () => {
  await createTenant(bench);
  for (const sql of ["update audit set address = 'elsewhere'", 'delete from audit', 'truncate audit']) {
    await expect(catalog.query(sql), sql).rejects.toThrow('only added to');
  }
});

test('an entry has one author, a key or a trust rule with its request, or Weir itself without one, whoever writes it', async () => {
  await createTenant(bench);
  const copied = 'organisation_id, action, target_id, changes';
  const insert = (author: string) =>
    catalog.query(
      `insert into audit (${copied}, api_key_id, trust_rule_id, address, request_id) select ${copied}, ${author} from audit where api_key_id is not null limit 1`,
    );
  for (const author of [
    'null, null, address, request_id',
    "api_key_id, 'tr_0', address, request_id",
    'api_key_id, null, null, request_id',
    'api_key_id, null, null, null',
    'null, null, address, null',
  ])
    await expect(insert(author), author).rejects.toThrow('audit_author');
  await insert('null, null, null, null');
  const { items } = await client.listAudit({ query: { limit: 1 } });
  expect(items[0]).toMatchObject({ author: 'system', apiKeyId: null, trustRuleId: null, address: null });
});

test('a change whose entry cannot be written is not made', async () => {
  const { tenant } = await createTenant(bench);
  await catalog.query(
    `alter table audit add constraint not_this check (target_id <> '${tenant.id}') not valid`,
  );
  const reply = await bench.api.fetch('PATCH', `/v1/tenants/${tenant.id}`, { name: 'Unseen' });
  expect(reply.status).toBe(500);
  await catalog.query('alter table audit drop constraint not_this');
  expect(await client.getTenant({ params: { tenantId: tenant.id } })).toMatchObject({
    name: 'Shop',
    generation: 1,
  });
});

test('a creation that is repeated under its Idempotency-Key is one entry', async () => {
  const body = tenantBody(bench.server) as never;
  const first = await client.createTenant({ body, idempotencyKey: 'audited' });
  const again = await client.createTenant({ body, idempotencyKey: 'audited' });
  expect(again).toEqual(first);
  expect((await entriesOf(first.tenant.id)).map((entry) => entry.action)).toEqual([
    'tenant.create',
    'endpoint.create',
  ]);
});
