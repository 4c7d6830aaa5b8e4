// Real clients log in through this app's front to a real Postgres with TLS: psql, node-postgres, postgres.js.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findPostgresBinaries, findProgram } from '@weir/local-servers';
import { type Listener, listen, loadServerCertificates } from '@weir/net';
import { backendKeyData, joinBytes, parameterStatus, readyForQuery } from '@weir/protocol';
import { buildVerifier } from '@weir/scram';
import type { PublishedEndpoint, PublishedRole } from '@weir/tenancy';
import pg from 'pg';
import postgresJs from 'postgres';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { asPoolerError, type PoolerError } from '../errors.ts';
import { RoleSecrets } from '../server/auth-query.ts';
import { type OpenedServer, openServer } from '../server/open-server.ts';
import { ServiceConnections } from '../server/service-connections.ts';
import { endpointOf } from '../testing/endpoint.ts';
import { openGate } from '../testing/open-gate.ts';
import { loopbackOnly, type RealPostgres, startRealPostgres, upstreamOf } from '../testing/real-postgres.ts';
import { admit, ClientCounts } from './admit.ts';
import { authenticate } from './authenticate.ts';
import { type NegotiatedClient, negotiate } from './negotiate.ts';
import { refuse } from './refuse.ts';
import { resolveEndpoint } from './resolve-endpoint.ts';
import { splitStartupParameters } from './startup-parameters.ts';
import { outcomeOf } from './steps.ts';

const binaries = findPostgresBinaries();
const psql = findProgram(['psql']);
const loginTimeoutMs = 120_000;
const endpointId = 'ep-calm-river-a1b2c3';

let postgres: RealPostgres;
let listener: Listener;
let service: ServiceConnections;
let roleSecrets: RoleSecrets;
let endpoint: PublishedEndpoint;
let clock = 0;
const errors: PoolerError[] = [];

beforeAll(async () => {
  postgres = await startRealPostgres(binaries!);
  const certificates = loadServerCertificates([postgres]);
  const clients = new ClientCounts();
  service = new ServiceConnections({ policy: loopbackOnly, timeoutMs: 60_000 });
  roleSecrets = new RoleSecrets({ service, now: () => clock });
  listener = await listen({ host: '127.0.0.1', port: 0 }, async (accepted) => {
    let client: NegotiatedClient;
    try {
      const negotiated = await outcomeOf(
        negotiate(accepted, { certificates, loginTimeoutMs, domains: [], gate: openGate }),
      );
      if (negotiated.kind === 'cancel') return negotiated.connection.end();
      client = negotiated;
    } catch (error) {
      errors.push(asPoolerError(error));
      return;
    }
    try {
      await serve(client, clients);
    } catch (error) {
      errors.push(refuse(client.connection, error));
    }
  });
});

afterAll(async () => {
  service.close();
  await listener.close();
  await postgres.stop();
});

/** The stages in order, then bytes both ways. */
async function serve(
  { channel, connection, startup, tls }: NegotiatedClient,
  clients: ClientCounts,
): Promise<void> {
  const { parameters } = startup;
  const { role, options } = resolveEndpoint({
    servername: tls?.servername ?? null,
    domains: ['db.localhost'],
    options: parameters.get('options'),
    user: parameters.get('user'),
    pooledOnly: false,
  });
  const { database, keyGucs, replayGucs } = splitStartupParameters({ parameters, options, role });
  const admission = admit(endpoint, { tls, address: connection.remoteAddress }, clients);
  try {
    const credential = await outcomeOf(
      authenticate(
        channel,
        { endpoint, role, tls, lent: null },
        { roleSecrets, mockSecret: new Uint8Array(32).fill(1), wallNow: Date.now, loginTimeoutMs },
      ),
    );
    const server = await openServer({
      endpointId,
      upstream: endpoint.upstream,
      database,
      credential,
      startupParameters: [...keyGucs, ...replayGucs],
      policy: loopbackOnly,
      timeoutMs: 60_000,
    });
    const early = channel.detach();
    splice(connection, server);
    const greeting = [...server.parameterStatus].map(([name, value]) => parameterStatus(name, value));
    connection.write(
      joinBytes([...greeting, backendKeyData(server.processId, server.secretKey), readyForQuery('I')]),
    );
    if (early.length > 0) server.connection.write(early);
  } finally {
    admission.leave();
  }
}

function splice(client: OpenedServer['connection'], { connection: server }: OpenedServer): void {
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    from.handler = {
      onData: (bytes, length) => void to.write(bytes.slice(0, length)),
      onDrain() {},
      onEnd: () => to.end(),
      onClose: () => to.destroy(),
    };
    from.resume();
  }
}

async function verifierOf(role: string): Promise<string> {
  const [row] = await postgres.sql(`select rolpassword from pg_authid where rolname = '${role}'`);
  return row!.rolpassword as string;
}

function publish(roles: PublishedRole[], part: Partial<PublishedEndpoint> = {}): void {
  roleSecrets.forget(endpointId);
  endpoint = endpointOf({ upstream: upstreamOf(postgres), roles, ...part });
}

const known = (name: string, verifier: string | null, part: Partial<PublishedRole> = {}): PublishedRole => ({
  name,
  verifier,
  verifierIsServers: true,
  password: null,
  validUntil: null,
  previous: null,
  ...part,
});

function pgClient(user: string, password: string, part: Partial<pg.ClientConfig> = {}): pg.Client {
  return new pg.Client({
    host: '127.0.0.1',
    port: listener.port,
    user,
    password,
    database: 'postgres',
    ssl: { ca: postgres.caPem, servername: `${endpointId}.db.localhost` },
    ...part,
  });
}

async function whoAmI(client: pg.Client): Promise<string> {
  await client.connect();
  try {
    return (await client.query('select session_user as who')).rows[0].who;
  } finally {
    await client.end();
  }
}

async function refusedWith(client: pg.Client) {
  const error = await client.connect().then(
    () => {
      throw new Error('was let in');
    },
    (thrown: pg.DatabaseError) => thrown,
  );
  const { severity, code, message, hint, detail } = error;
  return { severity, code, message, hint, detail };
}

test('node-postgres logs in by the published verifier, by SSLRequest and by direct TLS, with channel binding', async () => {
  publish([known('t_scram', await verifierOf('t_scram'))], { serviceRole: null });
  expect(await whoAmI(pgClient('t_scram', 'sc ret é'))).toBe('t_scram');
  const strict = { enableChannelBinding: true, sslnegotiation: 'direct' } as Partial<pg.ClientConfig>;
  expect(await whoAmI(pgClient('t_scram', 'sc ret é', strict))).toBe('t_scram');
});

test('a role that is not published logs in by what the database says of it, on one connection that does not stay', async () => {
  publish([]);
  const logins = Array.from({ length: 5 }, () => whoAmI(pgClient('t.odd "é', 'odd')));
  expect(await Promise.all(logins)).toEqual(Array(5).fill('t.odd "é'));
  const open = async () => {
    const [{ count }] = (await postgres.sql(
      `select count(*)::int from pg_stat_activity where application_name = 'weir service'`,
    )) as [{ count: number }];
    return count;
  };
  expect(await open()).toBeLessThanOrEqual(1);
  await vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 10_000, interval: 50 });
});

test("a tenant's own auth query is asked, with nothing of the client's in it", async () => {
  await postgres.sql(`
    create schema if not exists lookup;
    create or replace function lookup.get_auth(name text) returns table (role text, password text)
      language sql security definer as 'select rolname::text, rolpassword from pg_catalog.pg_authid where rolname = name'`);
  publish([], { authQuery: 'select role, password from lookup.get_auth($1)' });
  const client = pgClient('t_scram', 'sc ret é', { options: '-c search_path=evil' });
  expect(await whoAmI(client)).toBe('t_scram');
  publish([], { authQuery: 'select broken' });
  expect(await refusedWith(pgClient('t_scram', 'sc ret é'))).toMatchObject({
    code: '28000',
    message: expect.stringContaining('passwords could not be read'),
  });
});

test('wrong password, unknown role, expired role and a role without a usable verifier look alike', async () => {
  publish([known('t_scram', await verifierOf('t_scram'))]);
  const answers = new Set<string>();
  for (const role of ['t_scram', 'nobody_here', 't_expired', 't_md5', 't_nologin', 'x'.repeat(70)]) {
    const { message, ...rest } = await refusedWith(pgClient(role, role === 't_expired' ? 'x' : 'wrong'));
    expect(message).toBe(`password authentication failed for user "${role}"`);
    answers.add(JSON.stringify(rest));
  }
  expect([...answers]).toEqual([JSON.stringify({ severity: 'FATAL', code: '28P01' })]);
  expect(errors.map(({ code }) => code)).toContain('ROLE_PASSWORD_EXPIRED');
  expect(await whoAmI(pgClient('t_forever', 'x'))).toBe('t_forever');
});

test('VALID UNTIL of a published role is honoured', async () => {
  const verifier = await verifierOf('t_scram');
  publish([known('t_scram', verifier, { validUntil: '2001-01-01T00:00:00Z' })]);
  expect(await refusedWith(pgClient('t_scram', 'sc ret é'))).toMatchObject({ code: '28P01' });
  publish([known('t_scram', verifier, { validUntil: '2101-01-01T00:00:00Z' })]);
  expect(await whoAmI(pgClient('t_scram', 'sc ret é'))).toBe('t_scram');
});

test('a sealed password logs in where the server wants md5, or the verifier is our own', async () => {
  const own = buildVerifier('chosen', { salt: new Uint8Array(16).fill(3) });
  publish(
    [
      known('t_md5', null, { password: 'mdpw', verifierIsServers: false }),
      known('t_scram', own, { password: 'sc ret é', verifierIsServers: false }),
    ],
    { serviceRole: null },
  );
  expect(await whoAmI(pgClient('t_md5', 'mdpw'))).toBe('t_md5');
  expect(await whoAmI(pgClient('t_scram', 'chosen'))).toBe('t_scram');
  expect(await refusedWith(pgClient('t_scram', 'sc ret é'))).toMatchObject({ code: '28P01' });
});

test('a password changed in the database works from the second try on, and the old one no longer', async () => {
  await postgres.sql(`create role t_change login password 'old'`);
  publish([known('t_change', await verifierOf('t_change'))]);
  expect(await whoAmI(pgClient('t_change', 'old'))).toBe('t_change');
  await postgres.sql(`alter role t_change password 'new'`);
  expect(await refusedWith(pgClient('t_change', 'new'))).toMatchObject({ code: '28P01' });
  const deadline = performance.now() + 60_000;
  while (!roleSecrets.supersedes(endpoint, 't_change')) {
    if (performance.now() > deadline) throw new Error('the new verifier was never read');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await whoAmI(pgClient('t_change', 'new'))).toBe('t_change');
  expect(await refusedWith(pgClient('t_change', 'old'))).toMatchObject({ code: '28P01' });
  // And once more, for a verifier that came from the database.
  await postgres.sql(`alter role t_change password 'newer'`);
  clock += 3_000;
  expect(await refusedWith(pgClient('t_change', 'newer'))).toMatchObject({ code: '28P01' });
  clock += 60_000;
  expect(await whoAmI(pgClient('t_change', 'newer'))).toBe('t_change');
});

test('a service role that may not read pg_authid makes unpublished roles unknown, and harms no published one', async () => {
  publish([known('t_scram', await verifierOf('t_scram'))], {
    serviceRole: { name: 't_ssl', password: 'ssl' },
  });
  expect(await refusedWith(pgClient('t_forever', 'x'))).toMatchObject({ code: '28P01' });
  expect(await refusedWith(pgClient('t_scram', 'wrong'))).toMatchObject({ code: '28P01' });
  expect(await whoAmI(pgClient('t_scram', 'sc ret é'))).toBe('t_scram');
});

test('what is still being read when an endpoint changes is not taken for what its new database says', async () => {
  publish([]);
  const reading = roleSecrets.read(endpoint, 't_scram');
  publish([], { upstream: upstreamOf(postgres, { port: 1 }) });
  await Promise.all([
    // The service connection of the old database ends under it, or just does not.
    reading.catch(() => {}),
    expect(roleSecrets.read(endpoint, 't_scram')).rejects.toMatchObject({ sqlstate: '08006' }),
  ]);
  await expect(roleSecrets.read(endpoint, 't_scram')).rejects.toMatchObject({ sqlstate: '08006' });
});

test('a database that is down is named before a password is looked at', async () => {
  publish([], { upstream: upstreamOf(postgres, { port: 1 }) });
  expect(await refusedWith(pgClient('t_scram', 'sc ret é'))).toMatchObject({
    code: '08006',
    message: `could not connect to the database server of endpoint "${endpointId}": connection refused`,
  });
});

test('postgres.js logs in with parameters meant for others in its URL, and its settings arrive', async () => {
  publish([known('t_scram', await verifierOf('t_scram'))]);
  const leaked = 'pgbouncer=true&connection_limit=1&channel_binding=require&search_path=a,b';
  const url = `postgres://t_scram.${endpointId}:sc%20ret%20%C3%A9@127.0.0.1:${listener.port}/postgres?${leaked}`;
  const sql = postgresJs(url, { ssl: { ca: postgres.caPem }, max: 1 });
  expect(await sql`select current_setting('search_path') as path, session_user as who`).toEqual([
    { path: 'a,b', who: 't_scram' },
  ]);
  await sql.end();
});

// Only a machine without Debian's or another psql has none.
test.skipIf(psql === null)(
  'psql logs in in every sslmode, with channel binding required, by host name and by options',
  async () => {
    publish([known('t_scram', await verifierOf('t_scram'))]);
    const host = `host=${endpointId}.db.localhost hostaddr=127.0.0.1`;
    const run = async (conninfo: string) => {
      const text = `${conninfo} port=${listener.port} user=t_scram dbname=postgres`;
      const env = { ...process.env, PGPASSWORD: 'sc ret é', PGCONNECT_TIMEOUT: '100' };
      const { stdout } = await promisify(execFile)(psql!, ['-XAtc', 'select session_user', text], { env });
      return stdout.trim();
    };
    const ca = `sslrootcert=${postgres.caFile}`;
    expect(await run(`${host} sslmode=require`)).toBe('t_scram');
    expect(await run(`${host} ${ca} sslmode=verify-full channel_binding=require`)).toBe('t_scram');
    expect(await run(`host=127.0.0.1 sslmode=require options='endpoint=${endpointId} -c jit=off'`)).toBe(
      't_scram',
    );
    await expect(run(`${host} sslmode=disable options=endpoint=${endpointId}`)).rejects.toThrow(
      'requires TLS',
    );
    await expect(run('host=127.0.0.1 sslmode=require')).rejects.toThrow('no endpoint was named');
  },
  120_000,
);
