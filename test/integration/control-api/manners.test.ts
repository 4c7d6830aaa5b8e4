// How the API treats its callers: idempotency keys, ETags, request ids, limits of requests, filters.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  ApiKeyReply,
  CreateApiKeyReply,
  CreateOrganisationReply,
  CreateTenantReply,
  OrganisationReply,
  Problem,
  TenantPageReply,
  TenantReply,
  TrustRuleReply,
} from '@weir/api-contract';
import { startControlApi, temporaryDirectory, waitUntil } from '@weir/harness';
import { startOidcIssuer } from '@weir/local-servers/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Bench,
  catalogUrlOf,
  createTenant,
  startBench,
  tenantBody,
  upstreamPassword,
} from './support.ts';

let bench: Bench;
let catalog: pg.Client;
beforeAll(async () => {
  bench = await startBench();
  catalog = new pg.Client({ connectionString: catalogUrlOf(bench.server) });
  await catalog.connect();
});
afterAll(async () => {
  await catalog?.end();
  await bench?.close();
});

const post = (path: string, body: unknown, key: string) =>
  bench.api.fetch('POST', path, body, { 'idempotency-key': key });

async function slugOf(reply: Response): Promise<string> {
  return ((await reply.json()) as Problem).type.split('/').at(-1)!;
}

async function tenantsNamed(name: string): Promise<readonly TenantReply[]> {
  const page = await bench.api.call<TenantPageReply>('GET', `/v1/tenants?name=${encodeURIComponent(name)}`);
  return page.items;
}

test('a creation says what of its time the database took', async () => {
  const reply = await bench.api.fetch('POST', '/v1/tenants', { ...tenantBody(bench.server), name: 'Timed' });
  expect(reply.status).toBe(201);
  const { tenant } = (await reply.json()) as CreateTenantReply;
  const more = await bench.api.fetch('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    ...tenantBody(bench.server),
    name: undefined,
  });
  expect(more.status).toBe(201);
  for (const made of [reply, more]) {
    const probeMs = /^probe;desc="database tried out";dur=([\d.]+)$/.exec(
      made.headers.get('server-timing')!,
    )?.[1];
    expect(Number(probeMs)).toBeGreaterThan(0);
  }
});

test('a creation that is repeated under its key gets the same reply, passwords and all, and makes nothing', async () => {
  const body = { ...tenantBody(bench.server), name: 'Once' };
  const first = await post('/v1/tenants', body, 'once-1');
  const again = await post('/v1/tenants', body, 'once-1');
  expect([first.status, again.status]).toEqual([201, 201]);
  expect([first, again].map((reply) => reply.headers.get('idempotency-replayed'))).toEqual([null, 'true']);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  const replies = [await first.text(), await again.text()];
  expect(replies[1]).toBe(replies[0]);
  expect(replies[0]).toContain(encodeURIComponent(upstreamPassword));
  expect(await tenantsNamed('Once')).toHaveLength(1);
  // What is kept holds the password, and is sealed.
  const { rows } = await catalog.query("select sealed from kept_replies where idempotency_key = 'once-1'");
  expect(rows).toHaveLength(1);
  expect(rows[0].sealed).not.toContain('postgresql');
});

test('creations at the same time under one key make one thing, and all hear of it', async () => {
  const body = { ...tenantBody(bench.server), name: 'Storm' };
  const replies = await Promise.all(Array.from({ length: 8 }, () => post('/v1/tenants', body, 'storm-1')));
  expect(replies.map((reply) => reply.status)).toEqual(Array(8).fill(201));
  const ids = await Promise.all(
    replies.map(async (reply) => ((await reply.json()) as CreateTenantReply).tenant.id),
  );
  expect(new Set(ids).size).toBe(1);
  expect((await tenantsNamed('Storm')).map((tenant) => tenant.id)).toEqual([ids[0]]);
});

test('a key that was used for another body is refused, and one of another route or caller is another key', async () => {
  const body = { name: 'reader', scopes: ['read'] };
  expect((await post('/v1/api-keys', body, 'reused')).status).toBe(201);
  const other = await post('/v1/api-keys', { ...body, name: 'writer' }, 'reused');
  expect([other.status, await slugOf(other)]).toEqual([422, 'idempotency-key-reused']);
  expect((await post('/v1/organisations', { name: 'reader' }, 'reused')).status).toBe(201);
  const made = await bench.api.call<{ secret: string }>('POST', '/v1/api-keys', {
    name: 'second',
    scopes: ['admin', 'secrets', 'read'],
  });
  const bySecond = await bench.api.fetch('POST', '/v1/api-keys', body, {
    authorization: `Bearer ${made.secret}`,
    'idempotency-key': 'reused',
  });
  expect([bySecond.status, bySecond.headers.get('idempotency-replayed')]).toEqual([201, null]);
});

test('what failed may be tried again under its key, and a day later the key is free', async () => {
  const body = { ...tenantBody(bench.server, { password: 'wrong' }), name: 'Retry' };
  expect((await post('/v1/tenants', body, 'retry')).status).toBe(422);
  const right = { ...tenantBody(bench.server), name: 'Retry' };
  expect((await post('/v1/tenants', right, 'retry')).status).toBe(201);
  await catalog.query(
    "update kept_replies set kept_at = kept_at - interval '25 hours' where idempotency_key = 'retry'",
  );
  const later = await post('/v1/tenants', right, 'retry');
  expect([later.status, later.headers.get('idempotency-replayed')]).toEqual([201, null]);
  expect(await tenantsNamed('Retry')).toHaveLength(2);
  const bad = await post('/v1/api-keys', { name: 'x', scopes: ['read'] }, 'with a space');
  expect((await bad.json()) as Problem).toMatchObject({
    status: 422,
    errors: [{ field: 'idempotency-key' }],
  });
});

test('a change with an ETag that is no longer current is refused, and changes nothing', async () => {
  const { tenant, endpoint } = await createTenant(bench);
  for (const [path, change] of [
    [`/v1/tenants/${tenant.id}`, { name: 'Changed' }],
    [`/v1/endpoints/${endpoint.id}`, { settings: { poolSize: 3 } }],
  ] as const) {
    const read = await bench.api.fetch('GET', path);
    const etag = read.headers.get('etag')!;
    expect(etag).toMatch(/^"\d+"$/);
    const changed = await bench.api.fetch('PATCH', path, change, { 'if-match': etag });
    expect(changed.status).toBe(200);
    const next = changed.headers.get('etag');
    expect(next).not.toBe(etag);
    for (const method of ['PATCH', 'DELETE']) {
      for (const stale of [etag, `W/${next}`, 'nonsense', '"0"']) {
        const body = method === 'PATCH' ? change : undefined;
        const reply = await bench.api.fetch(method, path, body, { 'if-match': stale });
        expect([method, stale, reply.status, await slugOf(reply)]).toEqual([
          method,
          stale,
          412,
          'precondition-failed',
        ]);
      }
    }
    expect((await bench.api.fetch('GET', path)).headers.get('etag')).toBe(next);
    const either = await bench.api.fetch('PATCH', path, change, { 'if-match': `"0", ${next}` });
    expect(either.status).toBe(200);
    expect((await bench.api.fetch('PATCH', path, change, { 'if-match': '*' })).status).toBe(200);
  }
  const last = (await bench.api.fetch('GET', `/v1/endpoints/${endpoint.id}`)).headers.get('etag')!;
  const gone = await bench.api.fetch('DELETE', `/v1/endpoints/${endpoint.id}`, undefined, {
    'if-match': last,
  });
  expect(gone.status).toBe(204);
});

test('an organisation is renamed and a key revoked by who read them as they are, or names no ETag', async () => {
  const made = await bench.api.call<CreateOrganisationReply>('POST', '/v1/organisations', { name: 'Mill' });
  const path = `/v1/organisations/${made.organisation.id}`;
  const etagOf = async (of: string) => (await bench.api.fetch('GET', of)).headers.get('etag')!;
  const rename = (name: string, etag: string) =>
    bench.api.fetch('PATCH', path, { name }, { 'if-match': etag });
  const first = await etagOf(path);
  const renamed = await rename('Weir', first);
  const next = renamed.headers.get('etag')!;
  expect([first, renamed.status, next, await etagOf(path)]).toEqual(['"1"', 200, '"2"', '"2"']);
  for (const stale of [first, `W/${next}`, 'nonsense']) {
    const reply = await rename('Dam', stale);
    expect([stale, reply.status, await slugOf(reply)]).toEqual([stale, 412, 'precondition-failed']);
  }
  expect(await bench.api.call<OrganisationReply>('GET', path)).toMatchObject({ name: 'Weir', generation: 2 });
  expect((await rename('Sluice', '*')).status).toBe(200);
  expect((await bench.api.fetch('PATCH', path, { name: 'Lock' })).status).toBe(200);

  const { apiKey } = await bench.api.call<CreateApiKeyReply>('POST', '/v1/api-keys', {
    name: 'short',
    scopes: ['read'],
  });
  const keyPath = `/v1/api-keys/${apiKey.id}`;
  const revoke = (etag: string) => bench.api.fetch('DELETE', keyPath, undefined, { 'if-match': etag });
  for (const stale of ['"2"', 'W/"1"']) {
    const reply = await revoke(stale);
    expect([stale, reply.status, await slugOf(reply)]).toEqual([stale, 412, 'precondition-failed']);
  }
  expect((await bench.api.call<ApiKeyReply>('GET', keyPath)).revokedAt).toBeNull();
  // That a key is used is no change of it: whoever waits long enough to revoke it could not any more.
  await catalog.query('update api_keys set last_used_at = now() where id = $1', [apiKey.id]);
  const asItIs = await etagOf(keyPath);
  expect([asItIs, (await revoke(asItIs)).status, await etagOf(keyPath)]).toEqual(['"1"', 204, '"2"']);
  expect([(await revoke('"1"')).status, (await revoke('"2"')).status]).toEqual([412, 204]);
});

test('of two changes at once with the same ETag one is made', async () => {
  const { endpoint } = await createTenant(bench);
  const replies = await Promise.all(
    [3, 4, 5, 6].map((poolSize) =>
      bench.api.fetch(
        'PATCH',
        `/v1/endpoints/${endpoint.id}`,
        { settings: { poolSize } },
        { 'if-match': '"1"' },
      ),
    ),
  );
  expect(replies.map((reply) => reply.status).sort()).toEqual([200, 412, 412, 412]);
});

test("a request has the caller's id, or one of its own, in reply, problem and log", async () => {
  const named = await bench.api.fetch('GET', '/v1/tenants/tn_00000000000000000000', undefined, {
    'x-request-id': 'my-request.1',
  });
  expect(named.headers.get('x-request-id')).toBe('my-request.1');
  expect(((await named.json()) as Problem).requestId).toBe('my-request.1');
  const unfit = await bench.api.fetch('GET', '/v1/me', undefined, { 'x-request-id': 'a b"c' });
  expect(unfit.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  const { tenant } = await createTenant(bench);
  await bench.api.fetch('DELETE', `/v1/tenants/${tenant.id}`, undefined, { 'x-request-id': 'delete-it' });
  await waitUntil(
    () =>
      bench.api
        .output()
        .split('\n')
        .some((line) => line.includes('"delete-it"') && line.includes(tenant.id)),
    { what: 'the log names the request' },
  );
});

test('tenants are found by the beginning of their name and by status, and no character is special', async () => {
  for (const name of ['Amber å 1', 'amber å 2', '100% sure', '100x sure', 'a_b', 'axb']) {
    await bench.api.call('POST', '/v1/tenants', { ...tenantBody(bench.server), name });
  }
  const namesOf = async (name: string) => (await tenantsNamed(name)).map((tenant) => tenant.name);
  expect(await namesOf('AMBER å')).toEqual(['Amber å 1', 'amber å 2']);
  expect(await namesOf('100%')).toEqual(['100% sure']);
  expect(await namesOf('a_')).toEqual(['a_b']);
  expect(await namesOf('\\')).toEqual([]);
  const [found] = await tenantsNamed('a_b');
  await bench.api.call('PATCH', `/v1/tenants/${found!.id}`, { status: 'suspended' });
  const suspended = await bench.api.call<TenantPageReply>('GET', '/v1/tenants?status=suspended');
  expect(suspended.items.map((tenant) => tenant.name)).toEqual(['a_b']);
});

test('a key or a source that asks too often is told for how long to wait, and others are not held up', async () => {
  const directory = temporaryDirectory('limited-api');
  const keyFile = join(directory.path, 'key');
  writeFileSync(keyFile, bench.api.apiKey);
  const limited = await startControlApi({
    catalogUrl: catalogUrlOf(bench.server),
    redisUrl: bench.redis.url,
    sealKeyFile: bench.sealKeyFile,
    env: {
      WEIR_FIRST_KEY_FILE: keyFile,
      ...{ WEIR_API_REQUESTS_PER_MINUTE: '5', WEIR_EXCHANGES_PER_MINUTE: '3', WEIR_EGRESS_ALLOW: '' },
    },
  });
  const made = await limited.call<{ secret: string }>('POST', '/v1/api-keys', {
    name: 'a',
    scopes: ['read'],
  });
  const ask = () => limited.fetch('GET', '/v1/me', undefined, { authorization: `Bearer ${made.secret}` });
  const replies: Response[] = [];
  for (let i = 0; i < 7; i++) replies.push(await ask());
  expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200, 200, 429, 429]);
  expect(replies[0]!.headers.get('ratelimit-limit')).toBe('5');
  expect(replies.map((reply) => reply.headers.get('ratelimit-remaining'))).toEqual([
    '4',
    '3',
    '2',
    '1',
    '0',
    '0',
    '0',
  ]);
  const waitS = Number(replies[6]!.headers.get('retry-after'));
  expect(waitS).toBeGreaterThan(0);
  expect(waitS).toBeLessThanOrEqual(60);
  expect(await slugOf(replies[6]!)).toBe('too-many-requests');
  expect((await limited.fetch('GET', '/v1/me')).status).toBe(200);

  // An issuer on loopback, which this control-api is not allowed to ask.
  const issuer = await startOidcIssuer();
  const { tenant, endpoint } = await createTenant(bench);
  const rules = `/v1/tenants/${tenant.id}/trust-rules`;
  const trusted = { issuer: issuer.url, audience: 'weir', subject: 'repo:acme/shop:ref:refs/heads/main' };
  const rule = { endpointId: endpoint.id, role: 'app', ...trusted };
  expect(await slugOf(await limited.fetch('POST', rules, rule))).toBe('issuer-refused');
  const { id } = await bench.api.call<TrustRuleReply>('POST', rules, rule);
  const exchange = { trustRuleId: id, token: issuer.token() };
  const slugs: (string | undefined)[] = [];
  for (let i = 0; i < 4; i++) {
    slugs.push(await slugOf(await limited.fetch('POST', '/v1/credentials/exchange', exchange)));
  }
  expect(slugs).toEqual([...Array(3).fill('issuer-unavailable'), 'too-many-requests']);
  expect(issuer.fetches).toBe(0);
  expect((await bench.api.fetch('POST', '/v1/credentials/exchange', exchange)).status).toBe(201);
  await issuer.close();
  await limited.close();
  directory.remove();
});
