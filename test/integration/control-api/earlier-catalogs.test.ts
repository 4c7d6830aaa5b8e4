// Catalogs of earlier releases, with rows, are brought up to this one: by one process or two at once, and nothing is lost.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiKeyReply, EndpointReply, MeReply, TenantPageReply } from '@weir/api-contract';
import {
  type Postgres,
  type Redis,
  startControlApi,
  startPostgres,
  startRedis,
  temporaryDirectory,
} from '@weir/harness';
import { defaultEndpointSettings } from '@weir/tenancy';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

const migrations = new URL('../../../packages/catalog/migrations/', import.meta.url);
const journal = JSON.parse(readFileSync(new URL('meta/_journal.json', migrations), 'utf8'));
const entries = journal.entries as { tag: string; when: number }[];
const endpointId = 'ep-calm-river-a1b2c3';
const apiKey = `weir_${'0a'.repeat(24)}`;

const directory = temporaryDirectory('earlier-catalogs');
let server: Postgres;
let redis: Redis;
beforeAll(async () => {
  [server, redis] = await Promise.all([startPostgres({ maxConnections: 60 }), startRedis()]);
});
afterAll(async () => {
  await redis?.close();
  await server?.close();
  directory.remove();
});

/** A catalog as the release with this many migrations left it, with a tenant, an endpoint and a key. */
async function earlierCatalog(name: string, migrationCount: number): Promise<string> {
  await server.sql(`create database ${name}`);
  const url = server.url.replace(/\/postgres$/, `/${name}`);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // How drizzle notes what it has applied.
  await client.query(`create schema drizzle;
    create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`);
  for (const { tag, when } of entries.slice(0, migrationCount)) {
    await client.query(readFileSync(new URL(`${tag}.sql`, migrations), 'utf8'));
    await client.query('insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)', [
      tag,
      when,
    ]);
  }
  await client.query(`
    insert into tenants (id, name, status) values
      ('tn_0123456789abcdefghij', 'Earlier', 'active'), ('tn_0123456789abcdefghik', 'Second', 'suspended'),
      ('tn_0123456789abcdefghil', 'Gone', 'deleted');
    insert into endpoints (id, tenant_id, upstream_id, host, port, default_database, tls_mode, server_version, ram_bytes,
        client_connections_max, query_wait_timeout_ms, server_idle_timeout_ms, server_lifetime_ms, require_tls,
        service_role, service_password_sealed)
      values ('${endpointId}', 'tn_0123456789abcdefghij', 'db:5432', 'db', 5432, 'app', 'require', '18.4', 1073741824,
        77, 1000, 2000, 3000, false, 'app', 'sealed')`);
  await client.query(
    "insert into api_keys (id, name, prefix, sha256) values ('key_0123456789abcdef', 'first key', $1, $2)",
    [apiKey.slice(0, 13), createHash('sha256').update(apiKey).digest()],
  );
  await client.end();
  return url;
}

async function start(catalogUrl: string, redisDatabase: number) {
  const sealKeyFile = join(directory.path, 'seal.key');
  const keyFile = join(directory.path, 'key');
  writeFileSync(keyFile, apiKey, { mode: 0o600 });
  return startControlApi({
    catalogUrl,
    redisUrl: `${redis.url}/${redisDatabase}`,
    sealKeyFile,
    env: { WEIR_FIRST_KEY_FILE: keyFile },
  });
}

test('every earlier release is brought up: its tenants belong to the first organisation, its key may do everything there', async () => {
  for (let count = 1; count <= 2; count++) {
    const api = await start(await earlierCatalog(`earlier_${count}`, count), count);
    const me = await api.call<MeReply>('GET', '/v1/me');
    expect(me.apiKey.scopes).toEqual(['read', 'write', 'secrets', 'admin']);
    expect(me.organisation).toMatchObject({ id: me.apiKey.organisationId, isOperator: true });
    const tenants = await api.call<TenantPageReply>('GET', '/v1/tenants');
    expect(tenants.items.map(({ name, status, organisationId }) => [name, status, organisationId])).toEqual([
      ['Earlier', 'active', me.organisation.id],
      ['Second', 'suspended', me.organisation.id],
    ]);
    // What was deleted before has no secrets left, and does not come back.
    const deleted = await api.call<TenantPageReply>('GET', '/v1/tenants?status=deleted');
    expect(deleted.items).toEqual([]);
    // What is new since then has its defaults.
    const endpoint = await api.call<EndpointReply>('GET', `/v1/endpoints/${endpointId}`);
    expect(endpoint.settings).toEqual({
      ...defaultEndpointSettings,
      clientConnectionsMax: 77,
      queryWaitTimeoutMs: 1000,
      serverIdleTimeoutMs: 2000,
      serverLifetimeMs: 3000,
      requireTls: false,
    });
    const made = await api.call<{ apiKey: ApiKeyReply }>('POST', '/v1/api-keys', {
      name: 'another',
      scopes: ['read'],
    });
    expect(made.apiKey.organisationId).toBe(me.organisation.id);
    await api.close();
  }
});

test('two processes that start at once on an earlier catalog migrate it once', async () => {
  const url = await earlierCatalog('earlier_twins', 1);
  const [one, two] = await Promise.all([start(url, 3), start(url, 3)]);
  const [first, second] = await Promise.all([
    one.call<MeReply>('GET', '/v1/me'),
    two.call<MeReply>('GET', '/v1/me'),
  ]);
  expect(second.organisation).toEqual(first.organisation);
  await Promise.all([one.close(), two.close()]);
});
