// Organisations and API keys over HTTP: made, shown once, limited, expired, revoked, and noted when used.
import type {
  ApiKeyReply,
  CreateApiKeyReply,
  CreateOrganisationReply,
  CreateTenantReply,
  MeReply,
  OrganisationReply,
  Problem,
} from '@weir/api-contract';
import { waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench, tenantBody } from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.close());

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

function makeKey(body: Record<string, unknown>, by?: string): Promise<CreateApiKeyReply> {
  return bench.api.call(
    'POST',
    '/v1/api-keys',
    { name: 'a key', ...body },
    by === undefined ? {} : bearer(by),
  );
}

/** The slug with which a request is refused, or its status. */
async function outcome(method: string, path: string, secret: string, body?: unknown): Promise<string> {
  const reply = await bench.api.fetch(method, path, body, bearer(secret));
  if (reply.ok) return String(reply.status);
  const { type, detail = '' } = (await reply.json()) as Problem;
  return `${reply.status} ${type.split('/').at(-1)} ${detail}`.trim();
}

test('a key is shown once, and only its hash and first characters are kept', async () => {
  const { apiKey, secret } = await makeKey({ name: 'Deploys', scopes: ['read', 'write'] });
  expect(secret).toMatch(/^weir_[0-9a-f]{48}$/);
  expect(apiKey).toMatchObject({
    name: 'Deploys',
    scopes: ['read', 'write'],
    expiresAt: null,
    revokedAt: null,
  });
  expect(secret.startsWith(apiKey.prefix)).toBe(true);
  const read = await bench.api.call('GET', `/v1/api-keys/${apiKey.id}`);
  expect(read).toEqual(apiKey);
  const list = await bench.api.fetch('GET', '/v1/api-keys?limit=200');
  const text = await list.text();
  expect(text).toContain(apiKey.id);
  expect(text).not.toContain(secret);
  const me = await bench.api.call<MeReply>('GET', '/v1/me', undefined, bearer(secret));
  expect(me.apiKey.id).toBe(apiKey.id);
});

test('a key does only what its scopes say, and the refusal names the one it lacks', async () => {
  const { secret } = await makeKey({ scopes: ['read'] });
  expect(await outcome('GET', '/v1/tenants', secret)).toBe('200');
  expect(await outcome('POST', '/v1/tenants', secret, {})).toBe(
    '403 scope-missing the key has no scope write',
  );
  expect(await outcome('POST', '/v1/api-keys', secret, {})).toBe(
    '403 scope-missing the key has no scope admin and secrets',
  );
});

test('a key cannot make one that may do more than itself', async () => {
  const { secret } = await makeKey({ scopes: ['admin', 'secrets'] });
  expect(await outcome('POST', '/v1/api-keys', secret, { name: 'more', scopes: ['admin', 'write'] })).toMatch(
    /^403 scope-missing .*no write$/,
  );
  expect((await makeKey({ scopes: ['admin'] }, secret)).apiKey.scopes).toEqual(['admin']);
});

test('without the scope secrets the reply to a creation holds no password', async () => {
  const { secret } = await makeKey({ scopes: ['write'] });
  const body = tenantBody(bench.server);
  const without = await bench.api.call<CreateTenantReply>('POST', '/v1/tenants', body, bearer(secret));
  expect(without.connectionStrings.passwordIncluded).toBe(false);
  expect(JSON.stringify(without)).not.toContain(encodeURIComponent(body.upstream.password as string));
  const having = await bench.api.call<CreateTenantReply>('POST', '/v1/tenants', body);
  expect(having.connectionStrings.passwordIncluded).toBe(true);
});

test('an expired key and a revoked one open nothing, and both are still listed', async () => {
  const refused = await bench.api.fetch('POST', '/v1/api-keys', {
    name: 'past',
    scopes: ['read'],
    expiresAt: '2001-01-01T00:00:00Z',
  });
  expect(((await refused.json()) as Problem).errors).toEqual([
    { field: 'expiresAt', message: 'must be in the future' },
  ]);
  const expiring = await makeKey({
    scopes: ['read'],
    expiresAt: new Date(Date.now() + 1_500).toISOString(),
  });
  expect(await outcome('GET', '/v1/tenants', expiring.secret)).toBe('200');
  await waitUntil(async () => (await outcome('GET', '/v1/tenants', expiring.secret)).startsWith('401'), {
    what: 'the key has expired',
  });
  const revoked = await makeKey({ scopes: ['read'] });
  await bench.api.call('DELETE', `/v1/api-keys/${revoked.apiKey.id}`);
  expect(await outcome('GET', '/v1/me', revoked.secret)).toMatch(/^401/);
  const { items } = await bench.api.call<{ items: ApiKeyReply[] }>('GET', '/v1/api-keys?limit=200');
  expect(items.find((key) => key.id === revoked.apiKey.id)!.revokedAt).not.toBeNull();
  expect(items.some((key) => key.id === expiring.apiKey.id)).toBe(true);
});

test('the last key that can make keys stays, also when two are revoked at once', async () => {
  const made = await bench.api.call<CreateOrganisationReply>('POST', '/v1/organisations', { name: 'Lonely' });
  const path = (id: string) => `/v1/api-keys/${id}`;
  expect(await outcome('DELETE', path(made.apiKey.id), made.secret)).toMatch(/^409 last-admin-key/);
  const other = await makeKey({ scopes: ['admin', 'secrets'] }, made.secret);
  const outcomes = await Promise.all([
    outcome('DELETE', path(made.apiKey.id), made.secret),
    outcome('DELETE', path(other.apiKey.id), made.secret),
  ]);
  expect(outcomes.filter((text) => text === '204')).toHaveLength(1);
});

test('when a key was used last is noted without its request waiting for it', async () => {
  const { apiKey, secret } = await makeKey({ scopes: ['read'] });
  expect(apiKey.lastUsedAt).toBeNull();
  const before = Date.now();
  await outcome('GET', '/v1/me', secret);
  await waitUntil(
    async () => {
      const { lastUsedAt } = await bench.api.call<ApiKeyReply>('GET', `/v1/api-keys/${apiKey.id}`);
      return lastUsedAt !== null && Date.parse(lastUsedAt) >= before - 1_000;
    },
    { what: 'the use is noted' },
  );
});

test('an organisation sees and renames itself alone, and makes no others', async () => {
  const made = await bench.api.call<CreateOrganisationReply>('POST', '/v1/organisations', { name: 'Bakery' });
  expect(made.apiKey.scopes).toEqual(['read', 'write', 'secrets', 'admin']);
  const own = `/v1/organisations/${made.organisation.id}`;
  const renamed = await bench.api.call<OrganisationReply>(
    'PATCH',
    own,
    { name: 'Bakery 2' },
    bearer(made.secret),
  );
  expect(renamed).toMatchObject({ name: 'Bakery 2', isOperator: false });
  const list = await bench.api.call<{ items: OrganisationReply[] }>(
    'GET',
    '/v1/organisations',
    undefined,
    bearer(made.secret),
  );
  expect(list.items).toEqual([renamed]);
  expect(await outcome('POST', '/v1/organisations', made.secret, { name: 'More' })).toBe('403 operator-only');
  const { organisation } = await bench.api.call<MeReply>('GET', '/v1/me');
  expect(await outcome('GET', `/v1/organisations/${organisation.id}`, made.secret)).toMatch(/^404/);
  // Who runs the installation sees all of them.
  expect(await bench.api.call('GET', own)).toEqual(renamed);
});
