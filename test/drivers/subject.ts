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
  [Symbol.asyncDispose](): Promise<void>;
}

export type HostKind = 'pooled' | 'direct';

/** Starts Weir in front of a Postgres with TLS; `WEIR_DRIVERS_AGAINST=postgres` leaves Weir out. */
export function startSubject(): Promise<Subject> {
  return process.env.WEIR_DRIVERS_AGAINST === 'postgres' ? startControl() : startWhole();
}

async function startWhole(): Promise<Subject> {
  const weir: Weir = await startWeir({ postgres: { tls: true } });
  return {
    caFile: weir.caFile,
    caPem: weir.caPem,
    url: (host, options) => (host === 'pooled' ? weir.pooledUrl(options) : weir.directUrl(options)),
    logs: () => weir.logs(),
    [Symbol.asyncDispose]: () => weir.close(),
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
    [Symbol.asyncDispose]: () => postgres.close(),
  };
}
