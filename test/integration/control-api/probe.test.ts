// Trying out a database: each cause of failure is made real here, and each has its own problem.
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  type CreateApiKeyReply,
  type CreateTenantReply,
  type Problem,
  pathOf,
  type TenantPageReply,
} from '@weir/api-contract';
import { type Postgres, startControlApi, startPostgres } from '@weir/harness';
import { authenticationOk, commandComplete, dataRow, readyForQuery, rowDescription } from '@weir/protocol';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, catalogUrlOf, startBench, tenantBody, upstreamPassword } from './support.ts';

let bench: Bench;
/** Without TLS, and with two slots for ordinary roles beside the one of the test itself. */
let small: Postgres;

beforeAll(async () => {
  [bench, small] = await Promise.all([startBench(), startPostgres({ maxConnections: 6 })]);
  await bench.server.sql("create role nologin_later nologin password 'pw'");
  await small.createRole('app');
});
afterAll(() => Promise.all([bench?.close(), small?.close()]));

/** The problem that creating a tenant on such a database ends with, with the fields it names. */
async function problemOf(upstream: Record<string, unknown>, api = bench.api) {
  const started = performance.now();
  const reply = await api.fetch('POST', '/v1/tenants', tenantBody(bench.server, upstream));
  const problem = (await reply.json()) as Problem;
  expect(reply.status, JSON.stringify(problem)).toBe(422);
  expect(problem.action).not.toBe('');
  // The probe gives up after 10 s; the rest is for machines on which everything takes long.
  expect(performance.now() - started).toBeLessThan(40_000);
  return {
    problem: problem.type.replace('/problems/', ''),
    field: problem.errors?.[0]?.field,
    detail: problem.detail,
  };
}

test('a name that does not exist', async () => {
  expect(await problemOf({ host: 'no-such-host.invalid' })).toMatchObject({
    problem: 'upstream-dns',
    field: 'upstream.host',
  });
});

test('a port where nothing listens', async () => {
  const port = await withServer(
    () => {},
    (found) => found,
  );
  expect(await problemOf({ port })).toMatchObject({ problem: 'upstream-refused', field: 'upstream.port' });
});

test('a server that takes the connection and says nothing', async () => {
  await withServer(
    () => {},
    async (port) => {
      expect(await problemOf({ port })).toMatchObject({
        problem: 'upstream-timeout',
        detail: expect.stringContaining('took the connection'),
      });
    },
  );
});

test('a server of another kind', async () => {
  const { port } = bench.api;
  expect(await problemOf({ host: '127.0.0.1', port })).toMatchObject({ problem: 'upstream-not-postgres' });
});

test('a server without TLS, when TLS is asked for', async () => {
  expect(await problemOf({ port: small.port })).toMatchObject({
    problem: 'upstream-tls-not-offered',
    field: 'upstream.tlsMode',
  });
});

test('a certificate of an unknown authority', async () => {
  for (const tlsMode of ['verify-ca', 'verify-full']) {
    expect(await problemOf({ tlsMode })).toMatchObject({
      problem: 'upstream-tls-untrusted',
      field: 'upstream.caPem',
    });
  }
});

test('a certificate for another name', async () => {
  const caPem = readFileSync(bench.server.caFile!, 'utf8');
  expect(await problemOf({ host: 'other.localhost', tlsMode: 'verify-full', caPem })).toMatchObject({
    problem: 'upstream-tls-name-mismatch',
    field: 'upstream.host',
  });
  // The same is taken where names are not compared, and where the name is right.
  for (const right of [
    { host: 'other.localhost', tlsMode: 'verify-ca' },
    { host: 'localhost', tlsMode: 'verify-full' },
    { host: '127.0.0.1', tlsMode: 'verify-full' },
  ]) {
    const body = tenantBody(bench.server, { ...right, caPem });
    const { endpoint } = await bench.api.call<CreateTenantReply>('POST', '/v1/tenants', body);
    expect(endpoint.upstream).toMatchObject({ ...right, caPem });
  }
});

test('a wrong password, an unknown role, a role that may not log in', async () => {
  expect(await problemOf({ password: 'wrong' })).toMatchObject({
    problem: 'upstream-password-wrong',
    field: 'upstream.password',
  });
  expect(await problemOf({ user: 'nobody_at_all' })).toMatchObject({ problem: 'upstream-password-wrong' });
  expect(await problemOf({ user: 'nologin_later', password: 'pw' })).toMatchObject({
    problem: 'upstream-login-refused',
    field: 'upstream.user',
  });
});

test('a database that does not exist', async () => {
  expect(await problemOf({ database: 'Shop' })).toMatchObject({
    problem: 'upstream-database-missing',
    field: 'upstream.database',
  });
});

test('a probe says what creating would, keeps nothing, says nothing of passwords in the log, and is limited by key', async () => {
  const { secret } = await bench.api.call<CreateApiKeyReply>('POST', '/v1/api-keys', {
    name: 'prober',
    scopes: ['write'],
  });
  const probe = (change: Record<string, unknown> = {}) => {
    const { upstream } = tenantBody(bench.server, change);
    return bench.api.fetch(
      'POST',
      pathOf('probeUpstream'),
      { upstream },
      { authorization: `Bearer ${secret}` },
    );
  };
  const tenants = () => bench.api.call<TenantPageReply>('GET', '/v1/tenants?limit=200');
  const before = await tenants();
  const found = await probe();
  expect(found.status).toBe(200);
  expect(await found.json()).toEqual({
    serverVersion: expect.stringMatching(/^\d+/),
    maxConnections: 60,
    reservedConnections: 3,
  });
  const wrong = await probe({ password: 'wr0ng-secret' });
  expect(await wrong.json()).toMatchObject({
    type: '/problems/upstream-password-wrong',
    errors: [{ field: 'upstream.password' }],
  });
  const refused = await probe({ host: '127.0.0.1', port: 6432 });
  expect(await refused.json()).toMatchObject({ type: '/problems/upstream-is-weir' });
  expect(await tenants()).toEqual(before);
  for (const text of ['wr0ng-secret', upstreamPassword]) expect(bench.api.output()).not.toContain(text);
  // What is not even tried counts, too: 60 a minute.
  const statuses: number[] = [];
  for (let i = 3; i < 61; i++) statuses.push((await probe({ port: 0 })).status);
  expect([statuses.indexOf(429), statuses.length]).toEqual([57, 58]);
  // Other operations, and other keys, are not touched by it.
  expect((await bench.api.fetch('POST', pathOf('probeUpstream'), {})).status).toBe(422);
});

test('a server with no slot left', async () => {
  const clients = [1, 2].map(
    () =>
      new pg.Client({
        host: small.host,
        port: small.port,
        user: 'app',
        password: 'app',
        database: 'postgres',
      }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  const upstream = {
    port: small.port,
    user: 'app',
    password: 'app',
    database: 'postgres',
    tlsMode: 'disable',
  };
  expect(await problemOf(upstream)).toMatchObject({ problem: 'upstream-busy' });
  await Promise.all(clients.map((client) => client.end()));
});

test('a version that is too old', async () => {
  // No server that old is to be had; this one says what Postgres 12 would say.
  const answer = (socket: Socket) => {
    socket.once('data', () => {
      socket.write(Buffer.concat([authenticationOk(), readyForQuery('I')]));
      socket.on('data', () => {
        const columns = ['number', 'text'].map((name) => ({ name, typeOid: 25 }));
        const row = dataRow(['120022', '12.22'].map((text) => Buffer.from(text)));
        socket.write(
          Buffer.concat([rowDescription(columns), row, commandComplete('SELECT 1'), readyForQuery('I')]),
        );
      });
    });
  };
  await withServer(answer, async (port) => {
    expect(await problemOf({ port, tlsMode: 'disable' })).toMatchObject({
      problem: 'upstream-too-old',
      detail: expect.stringContaining('12.22'),
    });
  });
});

test('an address that is Weir itself', async () => {
  for (const upstream of [
    { host: '127.0.0.1', port: 6432 },
    { host: 'localhost', port: 6432 },
    { host: 'ep-calm-river-abc123-pooler.db.localhost' },
  ]) {
    expect(await problemOf(upstream)).toMatchObject({ problem: 'upstream-is-weir', field: 'upstream.host' });
  }
});

test('addresses that the operator did not allow, in any notation', async () => {
  const strict = await startControlApi({
    catalogUrl: catalogUrlOf(bench.server),
    redisUrl: bench.redis.url,
    sealKeyFile: bench.sealKeyFile,
    env: { WEIR_EGRESS_ALLOW: '', WEIR_FIRST_KEY_FILE: keyFileOf(bench) },
  });
  for (const host of [
    '127.0.0.1',
    'localhost',
    '10.0.0.1',
    '169.254.169.254',
    '::1',
    '::ffff:127.0.0.1',
    '0.0.0.0',
  ]) {
    expect(await problemOf({ host }, strict), host).toMatchObject({ problem: 'upstream-forbidden' });
  }
  await strict.close();
});

/** The second process has no first key to write, and its harness reads one. */
function keyFileOf({ api, sealKeyFile }: Bench): string {
  const file = `${sealKeyFile}.api-key`;
  writeFileSync(file, api.apiKey, { mode: 0o600 });
  return file;
}

/** Runs `work` with the port of a server on loopback that is closed afterwards with all its connections. */
async function withServer<T>(
  onSocket: (socket: Socket) => void,
  work: (port: number) => T | Promise<T>,
): Promise<T> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  }
}
