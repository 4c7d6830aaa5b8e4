// Each failure that a client can meet names its cause and its cure, and touches nobody else's connection.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CreateTenantInput, CreateTenantReply } from '@weir/api-contract';
import {
  type Postgres,
  startPostgres,
  startWeir,
  temporaryDirectory,
  type Weir,
  waitUntil,
} from '@weir/harness';
import { ensureDevCertificates } from '@weir/local-servers';
import { endpointOptionString } from '@weir/tenancy';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

const queryWaitMs = 6_000;
let weir: Weir;
/** Has TLS, and is the upstream of tenants that this file makes. */
let other: Postgres;
beforeAll(async () => {
  [weir, other] = await Promise.all([
    startWeir({ budget: 2, settings: { queryWaitTimeoutMs: queryWaitMs } }),
    startPostgres({ tls: true }),
  ]);
  await other.createRole('app', 'app-pw');
  await other.sql('create database app owner app');
});
afterAll(async () => {
  await weir?.close();
  await other?.close();
});

interface Refusal {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What a client is told instead of being let in or, at the latest, served. */
async function refusalOf(url: string): Promise<Refusal> {
  const client = new pg.Client({ connectionString: withoutAuthority(url), ssl: { ca: weir.caPem } });
  client.on('error', () => {});
  try {
    await client.connect();
    // A pooled client is let in without a server where the pool has been used before.
    await client.query('select 1');
  } catch (error) {
    return error as Refusal;
  }
  await client.end();
  throw new Error('the client was let in');
}

/** node-postgres takes the authority beside the string. */
function withoutAuthority(url: string): string {
  const parsed = new URL(url);
  parsed.searchParams.delete('sslmode');
  parsed.searchParams.delete('sslrootcert');
  return parsed.href;
}

/** A tenant on `other`, and strings for it. */
async function createTenant(name: string, upstream: Partial<CreateTenantInput['upstream']> = {}) {
  const { tenant, endpoint } = await weir.controlApi.call<CreateTenantReply>('POST', '/v1/tenants', {
    name,
    upstream: {
      host: other.host,
      port: other.port,
      database: 'app',
      user: other.user,
      password: other.password,
      tlsMode: 'require',
      ...upstream,
    },
    computeRamGb: 1,
  });
  const url = (pooled: boolean) =>
    withoutAuthority(
      endpointOptionString({
        role: 'app',
        password: 'app-pw',
        port: weir.pooler.port,
        database: 'app',
        params: {},
        endpointId: endpoint.id,
        pooled,
      }),
    );
  const connect = async () => {
    const client = new pg.Client({ connectionString: url(true), ssl: { ca: weir.caPem } });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  const client = await waitUntil(connect, { what: `the pooler knows ${name}` });
  return { tenant, endpoint, url, client };
}

const hosts = ['pooled', 'direct'] as const;
const urlOn = (host: (typeof hosts)[number], options?: Parameters<Weir['pooledUrl']>[0]) =>
  host === 'pooled' ? weir.pooledUrl(options) : weir.directUrl(options);

test.each(hosts)('a wrong password on the %s host', async (host) => {
  expect(await refusalOf(urlOn(host, { password: 'wrong' }))).toMatchObject({
    severity: 'FATAL',
    code: '28P01',
    message: 'password authentication failed for user "app"',
  });
});

test('a role that does not exist is told the same as a wrong password', async () => {
  expect(await refusalOf(weir.pooledUrl({ role: 'nobody', password: 'wrong' }))).toMatchObject({
    code: '28P01',
    message: 'password authentication failed for user "nobody"',
  });
});

test('an endpoint that does not exist', async () => {
  const url = weir.pooledUrl().replace(weir.endpoint.id, 'ep-quiet-otter-000000');
  expect(await refusalOf(url)).toMatchObject({
    severity: 'FATAL',
    code: '08004',
    message: 'endpoint "ep-quiet-otter-000000" does not exist',
    hint: expect.stringMatching(/connection string/),
  });
});

test('no endpoint at all', async () => {
  const url = new URL(weir.pooledUrl());
  url.searchParams.delete('options');
  expect(await refusalOf(url.href)).toMatchObject({
    code: '08004',
    hint: expect.stringMatching(/SNI|host name/),
  });
});

test.each(hosts)('a database that does not exist, on the %s host', async (host) => {
  expect(await refusalOf(urlOn(host, { database: 'nowhere' }))).toMatchObject({
    code: '3D000',
    message: 'database "nowhere" does not exist',
  });
});

test('a budget that is used up: pooled clients wait and are told, direct ones are told at once', async () => {
  const holders = await Promise.all([weir.client(), weir.client()]);
  await Promise.all(holders.map((holder) => holder.query('begin')));
  const late = await weir.client();
  await expect(late.query('select 1')).rejects.toMatchObject({
    severity: 'FATAL',
    code: '53300',
    message: 'all 2 server connections of tenant "harness" are in use',
    detail: `No server connection became free within ${queryWaitMs / 1000} s.`,
    hint: expect.stringMatching(/./),
  });
  expect(await refusalOf(weir.directUrl())).toMatchObject({
    severity: 'FATAL',
    code: '53300',
    message: 'all 2 server connections of tenant "harness" are in use',
    hint: expect.stringMatching(/pooled/),
  });
  await Promise.all(holders.map((holder) => holder.query('rollback')));
  const next = await weir.client();
  expect((await next.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await Promise.all([...holders, next].map((client) => client.end()));
});

test('direct connections leave one slot of the budget to the pooled host', async () => {
  const direct = await weir.client({ direct: true });
  expect(await refusalOf(weir.directUrl())).toMatchObject({ severity: 'FATAL', code: '53300' });
  const pooled = await weir.client();
  expect((await pooled.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await Promise.all([direct.end(), pooled.end()]);
});

test('a certificate of the database that the authority of the tenant did not sign', async () => {
  const made = await createTenant('distrustful', {
    tlsMode: 'verify-full',
    caPem: readFileSync(other.caFile!, 'utf8'),
  });
  await made.client.query('select 1');
  const directory = temporaryDirectory('stranger');
  try {
    await showCertificate(await ensureDevCertificates({ dir: directory.path, domain: 'upstream.localhost' }));
    expect(await refusalOf(made.url(false))).toMatchObject({
      severity: 'FATAL',
      code: '08006',
      message: expect.stringMatching(/^TLS with the database server of endpoint ".*" failed: /),
      hint: expect.stringMatching(/CA|certificate/),
    });
    // Those whose connections stand go on.
    expect((await made.client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  } finally {
    await showCertificate(
      await ensureDevCertificates({ dir: dirname(other.caFile!), domain: 'upstream.localhost' }),
    );
    directory.remove();
  }
  await made.client.end();
});

/** Puts another certificate in the place of the server's own, which it shows from now on. */
async function showCertificate(pair: { readonly certFile: string; readonly keyFile: string }): Promise<void> {
  for (const [setting, file] of [
    ['ssl_cert_file', pair.certFile],
    ['ssl_key_file', pair.keyFile],
  ] as const) {
    const [row] = await other.sql<{ path: string }>(
      `select case when current_setting($1) like '/%' then current_setting($1)
              else current_setting('data_directory') || '/' || current_setting($1) end as path`,
      [setting],
    );
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    await other.sql(`copy (values ${lines.map((line) => `('${line}')`).join(', ')}) to '${row!.path}'`);
  }
  await other.sql('select pg_reload_conf()');
}

test('a tenant made, changed and deleted is not felt by the client of another', async () => {
  const neighbour = await weir.client();
  const faults: unknown[] = [];
  let rounds = 0;
  let going = true;
  const querying = (async () => {
    while (going) {
      const { rows } = await neighbour.query('select $1::int as round', [rounds]);
      if (rows[0].round !== rounds) faults.push(rows);
      rounds++;
    }
  })().catch((error: unknown) => faults.push(error));

  const made = await createTenant('passing');
  const transaction = made.client;
  await transaction.query('begin');
  await weir.controlApi.call('PATCH', `/v1/endpoints/${made.endpoint.id}`, { settings: { poolSize: 1 } });
  expect((await transaction.query('select 1 as still')).rows).toEqual([{ still: 1 }]);
  await transaction.query('commit');

  await weir.controlApi.call('PATCH', `/v1/tenants/${made.tenant.id}`, { status: 'suspended' });
  const suspended = await waitUntil(
    async () => {
      const refusal = await refusalOf(made.url(true));
      // Whoever got in at the very last is ended with 57P01.
      return refusal.code === '57P01' ? null : refusal;
    },
    { what: 'new clients are refused' },
  );
  expect(suspended).toMatchObject({ code: '57P03', message: expect.stringMatching(/is suspended/) });
  await weir.controlApi.call('PATCH', `/v1/tenants/${made.tenant.id}`, { status: 'active' });

  await weir.controlApi.call('DELETE', `/v1/tenants/${made.tenant.id}`);
  const deleted = await waitUntil(
    async () => {
      const refusal = await refusalOf(made.url(true));
      return refusal.code === '08004' ? refusal : null;
    },
    { what: 'clients are told that the tenant was deleted' },
  );
  expect(deleted).toMatchObject({
    message: `endpoint "${made.endpoint.id}" was deleted`,
    hint: expect.stringMatching(/./),
  });
  const roundsBefore = rounds;
  await waitUntil(() => rounds > roundsBefore, { what: 'the neighbour still queries' });
  going = false;
  await querying;
  expect(faults).toEqual([]);
  await neighbour.end();
});

test('an idle client of a tenant that is deleted is told so', async () => {
  const made = await createTenant('doomed');
  await made.client.query('select 1');
  const told = new Promise<Refusal>((resolve) =>
    made.client.once('error', (error) => resolve(error as unknown as Refusal)),
  );
  await weir.controlApi.call('DELETE', `/v1/tenants/${made.tenant.id}`);
  expect(await told).toMatchObject({ code: '57P01', message: expect.stringMatching(/was deleted/) });
});

test.each(hosts)('a database that is down, on the %s host', async (host) => {
  await weir.controlApi.call('PATCH', `/v1/endpoints/${weir.endpoint.id}`, {
    settings: { queryWaitTimeoutMs: 1_000 },
  });
  await weir.postgres.stop();
  try {
    expect(await refusalOf(urlOn(host))).toMatchObject({
      severity: 'FATAL',
      code: '08006',
      message: expect.stringMatching(/^could not connect to the database server of endpoint/),
      hint: expect.stringMatching(/./),
    });
  } finally {
    await weir.postgres.start();
  }
});
