// The catalog under the API: constraints, sealed secrets, the outbox through losses, starts one after the other.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startControlApi, temporaryDirectory, waitUntil } from '@weir/harness';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, catalogUrlOf, createTenant, startBench, upstreamPassword } from './support.ts';

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

test('no secret stands in any table, nor in the log', async () => {
  await createTenant(bench);
  const { rows: tables } = await catalog.query<{ name: string }>(
    "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
  );
  let text = '';
  for (const { name } of tables) {
    const { rows } = await catalog.query(`select t::text as row from ${name} t`);
    text += rows.map((row) => row.row).join('\n');
  }
  expect(text).toContain('SCRAM-SHA-256$');
  for (const secret of [upstreamPassword, bench.api.apiKey, bench.api.apiKey.slice(15)]) {
    expect(text).not.toContain(secret);
    expect(bench.api.output()).not.toContain(secret);
  }
});

test('a sealed password that was moved to another row is not published, and holds up nobody', async () => {
  const one = await createTenant(bench);
  const two = await createTenant(bench);
  await bench.published(two.endpoint.id, 1);
  await catalog.query(
    `update endpoints set service_password_sealed =
       (select service_password_sealed from endpoints where id = $1) where id = $2`,
    [one.endpoint.id, two.endpoint.id],
  );
  await bench.api.call('PATCH', `/v1/endpoints/${two.endpoint.id}`, { settings: { poolSize: 3 } });
  await bench.api.call('PATCH', `/v1/endpoints/${one.endpoint.id}`, { settings: { poolSize: 3 } });
  await bench.published(one.endpoint.id, 2);
  await waitUntil(() => bench.api.output().includes('cannot be published'), { what: 'the log tells of it' });
  const found = await bench.lookUp(two.endpoint.id);
  expect(found.kind === 'found' && found.endpoint.generation).toBe(1);
});

test('the tables refuse what must not be, whoever writes', async () => {
  const { endpoint, tenant } = await createTenant(bench);
  const refused: [sql: string, constraint: string][] = [
    [
      `insert into tenants (id, organisation_id, name) values ('tn_short', '${tenant.organisationId}', 'x')`,
      'tenants_id',
    ],
    [
      `update tenants set organisation_id = 'org_00000000000000000000' where id = '${tenant.id}'`,
      'tenants_organisation_id_organisations_id_fk',
    ],
    ["insert into organisations (id, name) values ('org_short', 'x')", 'organisations_id'],
    [
      "insert into organisations (id, name, is_operator) values ('org_00000000000000000000', 'x', true)",
      'organisations_one_operator',
    ],
    ["update api_keys set scopes = '{root}'", 'api_keys_scopes'],
    ["update api_keys set scopes = '{}'", 'api_keys_scopes'],
    [
      `delete from organisations where id = '${tenant.organisationId}'`,
      'api_keys_organisation_id_organisations_id_fk',
    ],
    [`update tenants set status = 'paused' where id = '${tenant.id}'`, 'tenants_status'],
    [`update endpoints set port = 0 where id = '${endpoint.id}'`, 'endpoints_port'],
    [`update endpoints set generation = 0 where id = '${endpoint.id}'`, 'endpoints_generation'],
    [`update endpoints set status = 'deleted' where id = '${endpoint.id}'`, 'endpoints_secret_dies_with_it'],
    [`update endpoints set id = 'ep-calm-river-pooler' where id = '${endpoint.id}'`, 'endpoints_id'],
    [`update endpoints set mode = 'pooled' where id = '${endpoint.id}'`, 'endpoints_mode'],
    [`update endpoints set state_tracking = 'on' where id = '${endpoint.id}'`, 'endpoints_state_tracking'],
    [`update endpoints set pool_size_min = -1 where id = '${endpoint.id}'`, 'endpoints_pool_size_min'],
    [`update endpoints set pins_max = 0 where id = '${endpoint.id}'`, 'endpoints_pins_max'],
    [`update endpoints set query_timeout_ms = -1 where id = '${endpoint.id}'`, 'endpoints_time_limits'],
    ...[
      '{}',
      '5',
      '[5]',
      '[{"role":"app"}]',
      '[{"role":"app","settings":5}]',
      '[{"role":null,"database":null,"settings":{}}]',
      JSON.stringify(Array.from({ length: 65 }, (_, index) => ({ role: `role${index}`, settings: {} }))),
    ].map((list): [string, string] => [
      `update endpoints set overrides = '${list}' where id = '${endpoint.id}'`,
      'endpoints_overrides',
    ]),
    [`delete from tenants where id = '${tenant.id}'`, 'endpoints_tenant_id_tenants_id_fk'],
    [
      "insert into outbox (endpoint_id, generation) values ('ep-no-such-abc123', 1)",
      'outbox_endpoint_id_endpoints_id_fk',
    ],
    [`update roles set verifier = 'plain' where endpoint_id = '${endpoint.id}'`, 'roles_verifier'],
    [
      "insert into catalog_meta (single_row, epoch, mock_secret_sealed) values (false, 1, 'x')",
      'catalog_meta_one_row',
    ],
  ];
  for (const [sql, constraint] of refused) {
    await expect(catalog.query(sql), sql).rejects.toMatchObject({ constraint });
  }
});

test('shared state that lost everything is filled again, under the same epoch', async () => {
  const { endpoint } = await createTenant(bench);
  await bench.published(endpoint.id, 1);
  const epoch = await bench.fleet.publisher.completeEpoch();
  const { Redis } = await import('ioredis');
  const redis = new Redis(bench.redis.url);
  await redis.flushall();
  await redis.quit();
  await bench.published(endpoint.id, 1);
  await waitUntil(async () => (await bench.fleet.publisher.completeEpoch()) === epoch, {
    what: 'complete again',
  });
});

test('shared state that has seen a later epoch raises the one of the catalog', async () => {
  const before = await bench.fleet.publisher.completeEpoch();
  await bench.fleet.publisher.markComplete(before! + 10);
  await waitUntil(async () => (await bench.fleet.publisher.completeEpoch())! > before! + 10, {
    what: 'a later epoch',
  });
  const { rows } = await catalog.query('select epoch::int from catalog_meta');
  expect(rows[0].epoch).toBe(before! + 11);
  const { endpoint } = await createTenant(bench);
  await bench.published(endpoint.id, 1);
});

test('every change leaves one outbox row of its generation, and all are sent', async () => {
  const { endpoint } = await createTenant(bench);
  for (let poolSize = 1; poolSize <= 3; poolSize++) {
    await bench.api.call('PATCH', `/v1/endpoints/${endpoint.id}`, { settings: { poolSize } });
  }
  await bench.api.call('DELETE', `/v1/endpoints/${endpoint.id}`);
  await bench.published(endpoint.id, 'deleted');
  await waitUntil(
    async () => {
      const { rows } = await catalog.query(
        'select generation::int, published_at from outbox where endpoint_id = $1 order by id',
        [endpoint.id],
      );
      expect(rows.map((row) => row.generation)).toEqual([1, 2, 3, 4, 5]);
      return rows.every((row) => row.published_at !== null);
    },
    { what: 'all rows are sent' },
  );
});

test('changes of one endpoint at the same time all count', async () => {
  const { endpoint } = await createTenant(bench);
  await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      bench.api.call('PATCH', `/v1/endpoints/${endpoint.id}`, { settings: { poolSize: i + 1 } }),
    ),
  );
  await bench.published(endpoint.id, 9);
});

test('a second process on the same catalog makes no further key', async () => {
  const directory = temporaryDirectory('second-api');
  const file = join(directory.path, 'key');
  // What is in the file already must stay, since the catalog has a key.
  writeFileSync(file, bench.api.apiKey, { mode: 0o600 });
  const second = await startControlApi({
    catalogUrl: catalogUrlOf(bench.server),
    redisUrl: bench.redis.url,
    sealKeyFile: bench.sealKeyFile,
    env: { WEIR_FIRST_KEY_FILE: file },
  });
  expect(readFileSync(file, 'utf8')).toBe(bench.api.apiKey);
  const { rows } = await catalog.query('select count(*)::int as keys from api_keys');
  expect(rows[0].keys).toBe(1);
  await second.call('GET', '/v1/me');
  await second.close();
  directory.remove();
});

test('two processes that start at once on an empty catalog make one set of tables and one key, for its owner alone', async () => {
  await bench.server.sql('create database twins');
  const directory = temporaryDirectory('twins');
  const start = () =>
    startControlApi({
      catalogUrl: bench.server.url.replace(/\/postgres$/, '/twins'),
      redisUrl: `${bench.redis.url}/1`,
      sealKeyFile: bench.sealKeyFile,
      env: { WEIR_FIRST_KEY_FILE: join(directory.path, 'key') },
    });
  const [one, two] = await Promise.all([start(), start()]);
  expect(one.apiKey).toBe(two.apiKey);
  expect(statSync(join(directory.path, 'key')).mode & 0o777).toBe(0o600);
  await one.call('GET', '/v1/me');
  await two.call('GET', '/v1/me');
  await Promise.all([one.close(), two.close()]);
  directory.remove();
});

test('connections to the catalog that are killed in the middle of changes end no process', async () => {
  const { api } = bench;
  const { tenant } = await createTenant(bench);
  const kill = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'weir-control-api' and state = 'idle in transaction'`;
  let killed = 0;
  let stopped = false;
  const killing = (async () => {
    while (!stopped) killed += (await catalog.query(kill)).rows.length;
  })();
  while (killed < 10) {
    const changes = Array.from({ length: 10 }, (_, n) =>
      api.fetch('PATCH', `/v1/tenants/${tenant.id}`, { name: `killed ${n}` }),
    );
    for (const { status } of await Promise.all(changes)) expect([200, 503]).toContain(status);
  }
  stopped = true;
  await killing;
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
});

test('while the catalog is away the API says so, and it comes back by itself', async () => {
  const { server, api } = bench;
  await catalog.end();
  await server.stop();
  const reply = await api.fetch('GET', '/v1/tenants');
  expect(reply.status).toBe(503);
  expect((await reply.json()) as object).toMatchObject({ type: '/problems/catalog-unavailable' });
  expect((await fetch(`${api.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  await server.start();
  await waitUntil(async () => (await fetch(`${api.url}/readyz`)).status === 200, { what: 'ready again' });
  const { endpoint } = await createTenant(bench);
  await bench.published(endpoint.id, 1);
});
