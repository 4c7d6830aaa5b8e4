// What the drivers connect to: Weir with TLS on both sides or, as a control of the programs themselves, Postgres alone.
import { readFileSync } from 'node:fs';
import { type Postgres, startPostgres, startWeir, type UrlOptions, type Weir } from '@weir/harness';
import { connectionString } from '@weir/tenancy';
import pg from 'pg';

/** A pooled and a direct way to one database. */
export interface Subject {
  /** PEM file of the authority behind the certificate that clients see. */
  readonly caFile: string;
  readonly caPem: string;
  url(
    host: HostKind,
    options?: Pick<UrlOptions, 'by' | 'sslmode' | 'params' | 'role' | 'password' | 'database'>,
  ): string;
  /** Makes a login role and a database that it owns. */
  createOwner(role: string, password: string, database: string): Promise<void>;
  logs(): string;
}

export type HostKind = 'pooled' | 'direct';

let shared: Promise<Subject> | null = null;

/**
 * Weir in front of a Postgres with TLS; `WEIR_DRIVERS_AGAINST=postgres` leaves Weir out. The files of this folder run in
 * one process, one after the other, and share it; it ends with that process.
 */
export function theSubject(): Promise<Subject> {
  shared ??= process.env.WEIR_DRIVERS_AGAINST === 'postgres' ? startControl() : startWhole();
  return shared;
}

async function startWhole(): Promise<Subject> {
  const weir: Weir = await startWeir({ postgres: { tls: true } });
  return {
    caFile: weir.caFile,
    caPem: weir.caPem,
    url: (host, options) => (host === 'pooled' ? weir.pooledUrl(options) : weir.directUrl(options)),
    createOwner: (role, ownPassword, database) => createOwner(weir.postgres, role, ownPassword, database),
    logs: () => weir.logs(),
  };
}

async function startControl(): Promise<Subject> {
  const postgres = await startPostgres({ tls: true });
  const password = await postgres.createRole('app', 'app-pw');
  await postgres.sql('create database app owner app');
  return {
    caFile: postgres.caFile!,
    caPem: readFileSync(postgres.caFile!, 'utf8'),
    url: (_host, options = {}) =>
      connectionString({
        role: options.role ?? 'app',
        password: options.password ?? password,
        host: options.by === 'host' ? 'control.upstream.localhost' : 'localhost',
        port: postgres.port,
        database: options.database ?? 'app',
        params: {
          sslmode: options.sslmode ?? 'verify-full',
          ...((options.sslmode ?? 'verify-full') === 'verify-full' && { sslrootcert: postgres.caFile! }),
          ...options.params,
        },
      }),
    createOwner: (role, ownPassword, database) => createOwner(postgres, role, ownPassword, database),
    logs: () => postgres.log(),
  };
}

async function createOwner(
  postgres: Postgres,
  role: string,
  password: string,
  database: string,
): Promise<void> {
  await postgres.createRole(role, password);
  await postgres.sql(`create database ${pg.escapeIdentifier(database)} owner ${pg.escapeIdentifier(role)}`);
}
