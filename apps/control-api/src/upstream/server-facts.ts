// Reads from a server what sizing, the budget's identity and logins need; what its role may not read is left out.
import { randomBytes } from 'node:crypto';
import type { ProbedUpstream, ServerLimits, ServiceRole } from '@weir/catalog';
import { buildVerifierAsync, parseVerifier, saltBytes } from '@weir/scram';
import type { Client } from 'pg';
import type { ProbeTarget } from './ask-upstream.ts';
import { upstreamError } from './probe-failure.ts';

const versionMin = 130_000;
// More than any real server is set to, and still a second's work at most: the count is the server's word.
const iterationsMax = 1_000_000;

/** What the server itself allows. Rejects with ApiError `upstream-too-old`, or an error of the driver. */
export async function readServerLimits(client: Client): Promise<ServerLimits> {
  // Alone and first: what comes after it need not be known to an old server.
  const { number, text } = await one<{ number: string; text: string }>(
    client,
    `select pg_catalog.current_setting('server_version_num') as number, pg_catalog.current_setting('server_version') as text`,
  );
  const serverVersion = /^[\w.]{1,20}/.exec(text)?.[0] ?? 'unknown';
  if (!(Number(number) >= versionMin)) {
    throw upstreamError('upstream-too-old', `the server is version ${serverVersion}`);
  }
  const limits = await one<{
    connections: string;
    superuser: string;
    reserved: string | null;
  }>(
    client,
    `select pg_catalog.current_setting('max_connections') as connections,
            pg_catalog.current_setting('superuser_reserved_connections') as superuser,
            pg_catalog.current_setting('reserved_connections', true) as reserved`,
  );
  return {
    serverVersion,
    maxConnections: count(limits.connections),
    reservedConnections: count(limits.superuser) + count(limits.reserved ?? '0'),
  };
}

/** Rejects with ApiError `upstream-too-old`, or an error of the driver. */
export async function readServerFacts(client: Client, target: ProbeTarget): Promise<ProbedUpstream> {
  const { serverVersion, ...limits } = await readServerLimits(client);
  const { control } = await one<{ control: boolean }>(
    client,
    `select pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute') as control`,
  );
  const systemIdentifier = control
    ? await optional(client, 'select system_identifier::text as value from pg_catalog.pg_control_system()')
    : null;
  const place = `${target.host.toLowerCase()}:${target.port}`;
  return {
    upstream: {
      id: systemIdentifier === null ? place : `${systemIdentifier}@${place}`,
      host: target.host,
      port: target.port,
      tlsMode: target.tlsMode,
      caPem: target.caPem,
      serverVersion,
    },
    defaultDatabase: target.database,
    ...limits,
    service: await readRoleSecret(client, target),
  };
}

// More than anybody chooses from; whoever has more names theirs.
const databasesMax = 200;

/** Names of those that take connections and are no templates. Rejects with an error of the driver. */
export async function readDatabases(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select datname::text as name from pg_catalog.pg_database
     where datallowconn and not datistemplate order by datname limit ${databasesMax}`,
  );
  return rows.map(({ name }) => name);
}

/** Of the role that is logged in with this password. Rejects with an error of the driver. */
export async function readRoleSecret(
  client: Client,
  { user: name, password }: Pick<ProbeTarget, 'user' | 'password'>,
): Promise<ServiceRole> {
  const { authid } = await one<{ authid: boolean }>(
    client,
    "select pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'select') as authid",
  );
  const stored = authid
    ? await optional(
        client,
        'select rolpassword as value from pg_catalog.pg_authid where rolname = current_user',
      )
    : null;
  const validUntil = await optional(
    client,
    `select pg_catalog.to_char(rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as value
     from pg_catalog.pg_roles where rolname = current_user and pg_catalog.isfinite(rolvaliduntil)`,
  );
  const role = { name, password, validUntil: validUntil === null ? null : new Date(validUntil) };
  const verifier = stored === null ? null : parseVerifier(stored);
  if (stored !== null && verifier !== null && verifier.iterations <= iterationsMax) {
    const { salt, iterations } = verifier;
    // A server that trusts us without asking lets a wrong password pass; then its verifier is not this password's.
    if ((await buildVerifierAsync(password, { salt, iterations })) === stored) {
      return { ...role, verifier: stored, verifierIsServers: true };
    }
  }
  const verifierOfOurs = await buildVerifierAsync(password, { salt: randomBytes(saltBytes) });
  return { ...role, verifier: verifierOfOurs, verifierIsServers: false };
}

async function one<Row extends object>(client: Client, sql: string): Promise<Row> {
  const { rows } = await client.query<Row>(sql);
  const [row] = rows;
  if (row === undefined) throw new Error('the server answered a question with nothing');
  return row;
}

/** A value that the endpoint can do without. */
async function optional(client: Client, sql: string): Promise<string | null> {
  try {
    const { rows } = await client.query<{ value: string | null }>(sql);
    const value = rows[0]?.value ?? null;
    return value !== null && value.length <= 400 ? value : null;
  } catch (error) {
    // An SQLSTATE is an answer; anything else means that the connection is gone.
    if (/^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code))) return null;
    throw error;
  }
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error('the server answered a question with no number');
  return value;
}
