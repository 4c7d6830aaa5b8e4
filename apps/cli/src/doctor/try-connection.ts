// Connects by a string as a client would, and says what came in its way.
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionStringParts } from '@weir/tenancy';
import pg from 'pg';
import { type Finding, finding } from './finding.ts';

/** A connection that came about, closed again. */
export interface Connected {
  readonly role: string;
  readonly database: string;
  readonly serverVersion: string;
  readonly tls: boolean;
  /** From dial to login, and of one query after it. */
  readonly loginMs: number;
  readonly queryMs: number;
}

export interface Trial {
  readonly connected: Connected | null;
  readonly findings: readonly Finding[];
}

/** Never throws: what goes wrong is a finding. `timeoutMs` is for the login, and again for one query. */
export async function tryConnection(parts: ConnectionStringParts, timeoutMs: number): Promise<Trial> {
  const resolved = await resolve(parts.host);
  const found = resolved.finding === null ? [] : [resolved.finding];
  if (resolved.address === null) return { connected: null, findings: found };
  const { address } = resolved;
  const sslmode = parts.params?.sslmode;
  try {
    return { connected: await connect(parts, address, sslmode !== 'disable', timeoutMs), findings: found };
  } catch (error) {
    const failure = findingOf(error as pg.DatabaseError, parts);
    const mayDoWithout = failure.code === 'tls-untrusted' && !/^verify-/.test(sslmode ?? '');
    if (!mayDoWithout) return { connected: null, findings: [...found, failure] };
    // libpq would not have looked at the certificate; node-postgres and what is built on it do.
    found.push({ ...failure, severity: 'warning' });
  }
  try {
    return { connected: await connect(parts, address, 'unverified', timeoutMs), findings: found };
  } catch (error) {
    return { connected: null, findings: [...found, findingOf(error as pg.DatabaseError, parts)] };
  }
}

async function resolve(host: string): Promise<{ address: string | null; finding: Finding | null }> {
  if (isIP(host) !== 0) return { address: host, finding: null };
  try {
    return { address: (await lookup(host)).address, finding: null };
  } catch (error) {
    const { code } = error as { code?: string };
    if (/(?:^|\.)localhost$/i.test(host)) {
      const message = `${host} does not resolve on this machine; 127.0.0.1 was tried in its place`;
      const hint = 'set PGHOSTADDR=127.0.0.1 for libpq, or use the form with options=endpoint… on localhost';
      return { address: '127.0.0.1', finding: finding('warning', 'dns-local', message, hint) };
    }
    const hint = 'check the name for typing errors; a new endpoint may take until the record is known';
    return { address: null, finding: finding('error', 'dns', `${host} does not resolve (${code})`, hint) };
  }
}

async function connect(
  { role, password, host, port, database, params = {} }: ConnectionStringParts,
  address: string,
  tls: boolean | 'unverified',
  timeoutMs: number,
): Promise<Connected> {
  const began = performance.now();
  const servername = isIP(host) === 0 && params.sslsni !== '0' ? { servername: host } : {};
  const ca = params.sslrootcert === undefined ? {} : { ca: readFileSync(params.sslrootcert, 'utf8') };
  const client = new pg.Client({
    host: address,
    port,
    user: role,
    password: password ?? process.env.PGPASSWORD ?? '',
    database,
    ssl: tls === false ? false : { ...servername, ...ca, rejectUnauthorized: tls !== 'unverified' },
    ...(params.options !== undefined && { options: params.options }),
    application_name: 'weir doctor',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // What ends the connection is told by the call that waits on it.
  client.on('error', () => {});
  try {
    await client.connect();
    const loggedIn = performance.now();
    const { rows } = await client.query<{ role: string; database: string; version: string }>(
      "select current_user as role, current_database() as database, current_setting('server_version') as version",
    );
    return {
      role: rows[0]!.role,
      database: rows[0]!.database,
      serverVersion: rows[0]!.version,
      tls: tls !== false,
      loginMs: Math.round(loggedIn - began),
      queryMs: Math.round(performance.now() - loggedIn),
    };
  } finally {
    await client.end().catch(() => {});
  }
}

/** A failure in the doctor's words; what the server said as a hint is the best advice there is. */
export function findingOf(
  error: { code?: string; message: string; hint?: string | undefined; severity?: string | undefined },
  { host, port, role, database }: Pick<ConnectionStringParts, 'host' | 'port' | 'role' | 'database'>,
): Finding {
  const { code = '', message } = error;
  const says = (which: Finding['code'], text: string, advice: string | null) =>
    finding('error', which, text, error.hint ?? advice);
  if (error.severity === undefined) {
    if (/does not support SSL/i.test(message)) {
      return says('tls-refused', `${host}:${port} offers no TLS`, 'is this the address of a Weir?');
    }
    if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)) {
      const advice =
        'name the authority with sslrootcert=FILE, or NODE_EXTRA_CA_CERTS=FILE for clients on Node';
      return says('tls-untrusted', `the certificate is not trusted here: ${message}`, advice);
    }
    if (code === 'ENOENT') return says('refused', message, 'correct the path of sslrootcert');
    if (/timeout expired|Query read timeout/.test(message)) {
      const advice =
        'all server connections may be in use: weir top shows it, and a longer --wait hears what the pooler says';
      return says('no-answer', `${host}:${port} did not finish in time`, advice);
    }
    const advice = 'check host and port, firewalls, and that the pooler runs';
    return says('unreachable', `${host}:${port} cannot be reached: ${message || code}`, advice);
  }
  switch (code) {
    case '28P01':
      return says(
        'password-wrong',
        `${message}: the password is wrong, or there is no such role`,
        `check the password of ${role}, and that it is percent-encoded in the string`,
      );
    case '08004':
      return says(
        /no endpoint was named/.test(message) ? 'sni-missing' : 'endpoint-unknown',
        message,
        'copy the string again from the dashboard',
      );
    case '28000':
      return says(/requires TLS/.test(message) ? 'tls-off' : 'refused', message, null);
    case '3D000':
      return says('database-missing', message, `create ${database}, or name another in the string`);
    case '53300':
      return says(
        'over-budget',
        message,
        'close direct connections, shorten transactions, or raise the budget',
      );
    case '57P03':
      return says(
        'suspended',
        message,
        'try again in some seconds; resume the endpoint or the tenant that is suspended',
      );
    default:
      return says('refused', `${message} (${code})`, null);
  }
}
