// What the drivers connect to: Weir with TLS on both sides or, as a control of the programs themselves, Postgres alone.
import { readFileSync } from 'node:fs';
import { startPostgres, startWeir, type UrlOptions, type Weir } from '@weir/harness';
import { connectionString } from '@weir/tenancy';

/** A pooled and a direct way to one database. */
export interface Subject {
  /** PEM file of the authority behind the certificate that clients see. */
  readonly caFile: string;
  readonly caPem: string;
  url(host: HostKind, options?: Pick<UrlOptions, 'by' | 'sslmode' | 'params'>): string;
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
        role: 'app',
        password,
        host: options.by === 'host' ? 'control.upstream.localhost' : 'localhost',
        port: postgres.port,
        database: 'app',
        params: {
          sslmode: options.sslmode ?? 'verify-full',
          ...((options.sslmode ?? 'verify-full') === 'verify-full' && { sslrootcert: postgres.caFile! }),
          ...options.params,
        },
      }),
    logs: () => postgres.log(),
  };
}
