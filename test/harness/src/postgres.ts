// A real Postgres of the test's own, with everything durable turned off, and one client for the test's own questions.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EmbeddedPostgres,
  ensureDevCertificates,
  findPostgresBinaries,
  freePort,
  startEmbeddedPostgres,
} from '@weir/local-servers';
import pg from 'pg';
import { backend } from './backend.ts';
import { printOnFailure } from './failure-log.ts';
import { startPostgresContainer } from './postgres-container.ts';
import { runDirectory, temporaryDirectory } from './temporary-directory.ts';

export interface PostgresOptions {
  /** `embedded` is Postgres 18 from npm (or a container of it), `debian` the system's own. */
  readonly version?: 'embedded' | 'debian';
  /** Turns TLS on, with a certificate for localhost and 127.0.0.1. */
  readonly tls?: boolean;
  /** How roles log in: `scram-sha-256` by default. */
  readonly auth?: 'scram-sha-256' | 'md5' | 'password' | 'trust';
  readonly maxConnections?: number;
  /** More settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** The whole of pg_hba.conf. Local programs only. */
  readonly hba?: string;
}

/** A server and its superuser. */
export interface Postgres {
  /** Of the superuser on database `postgres`, without TLS. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PEM file of the authority that signed the server's certificate; null without TLS. */
  readonly caFile: string | null;
  /** For instance `18.4`. */
  readonly version: string;
  readonly origin: 'embedded' | 'system' | 'container';
  /** Runs one statement as superuser over a connection of its own that stays open between calls. */
  sql<Row extends pg.QueryResultRow = Record<string, unknown>>(
    text: string,
    values?: unknown[],
  ): Promise<Row[]>;
  /** Makes a role that can log in; the password is its name unless given. Returns the password. */
  createRole(name: string, password?: string, attributes?: string): Promise<string>;
  /** The server's own log, as far as kept. */
  log(): string;
  /** Ends the server and keeps its data and port; `immediate` is a crash. Local programs only. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  /** Starts it again on the same port after `stop`. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const password = 'postgres-pw';
const templates = new Map<string, Promise<unknown>>();

/** Whether the system has a Postgres of its own (Debian's, say). */
export function hasSystemPostgres(): boolean {
  return findPostgresBinaries('system') !== null;
}

/** Starts a server on a free port. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const settings = {
    max_connections: options.maxConnections ?? 100,
    // So that a test's servers together stay small.
    shared_buffers: '32MB',
    ...options.settings,
  };
  if (options.version !== 'debian' && options.hba === undefined && (await backend()) === 'docker') {
    const container = await startPostgresContainer({ ...options, settings, password });
    if (container !== null) {
      return withClient(container);
    }
  }
  return startLocal(options, settings);
}

async function startLocal(
  options: PostgresOptions,
  settings: Record<string, string | number | boolean>,
): Promise<Postgres> {
  const origin = options.version === 'debian' ? 'system' : 'embedded';
  const binaries = findPostgresBinaries(origin);
  if (binaries === null) throw new Error(`no ${origin} Postgres is to be had here`);
  const auth = options.auth ?? 'scram-sha-256';
  const directory = temporaryDirectory('postgres');
  const certificates = options.tls
    ? await ensureDevCertificates({
        dir: join(runDirectory(), 'postgres-certificates'),
        domain: 'upstream.localhost',
      })
    : null;
  const port = await freePort();
  const templateDir = join(runDirectory(), 'templates', `${origin}-${auth}`);
  const launch = () =>
    startEmbeddedPostgres({
      dataDir: join(directory.path, 'data'),
      templateDir,
      binDir: binaries.binDir,
      port,
      password,
      auth,
      durable: false,
      options: settings,
      ...(certificates !== null && { tls: certificates }),
      ...(options.hba !== undefined && { hba: options.hba }),
    });
  // Two tests that start at once must not both make the template.
  const first = templates.get(templateDir);
  if (first !== undefined && !existsSync(templateDir)) await first.catch(() => {});
  const launching = launch();
  if (first === undefined) templates.set(templateDir, launching);
  let server: EmbeddedPostgres = await launching;
  await printOnFailure(`postgres on port ${port}`, () => server.log());

  return withClient({
    url: server.url,
    host: server.host,
    port,
    user: server.user,
    password,
    caFile: certificates?.caFile ?? null,
    version: server.version,
    origin,
    log: () => server.log(),
    stop: (mode) => server.stop(mode),
    async start() {
      if (server.hasExited) server = await launch();
    },
    async close() {
      await server.stop('immediate');
      directory.remove();
    },
  });
}

/** A server as its launcher gives it: all of Postgres but the questions. */
export type BarePostgres = Omit<Postgres, 'sql' | 'createRole' | typeof Symbol.asyncDispose>;

function withClient(bare: BarePostgres): Postgres {
  let connecting: Promise<pg.Client> | null = null;
  const client = (): Promise<pg.Client> => {
    connecting ??= (async () => {
      const made = new pg.Client({ connectionString: bare.url, application_name: 'weir-harness' });
      // The server may be stopped under it on purpose; the next question opens another.
      made.on('error', () => {
        connecting = null;
      });
      made.on('end', () => {
        connecting = null;
      });
      await made.connect();
      return made;
    })();
    connecting.catch(() => {
      connecting = null;
    });
    return connecting;
  };
  const disconnect = async () => {
    const open = connecting;
    connecting = null;
    await open?.then((made) => made.end()).catch(() => {});
  };
  const postgres: Postgres = {
    ...bare,
    async sql(text, values) {
      return (await (await client()).query(text, values)).rows as never;
    },
    async createRole(name, rolePassword = name, attributes = '') {
      await postgres.sql(
        `CREATE ROLE ${quoteName(name)} LOGIN PASSWORD ${quoteText(rolePassword)} ${attributes}`,
      );
      return rolePassword;
    },
    async stop(mode) {
      await disconnect();
      await bare.stop(mode);
    },
    async close() {
      await disconnect();
      await bare.close();
    },
    [Symbol.asyncDispose]: () => postgres.close(),
  };
  return postgres;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
