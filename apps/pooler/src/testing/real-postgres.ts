// Real Postgres servers with TLS and every login method, for the tests of this app. Not part of what ships.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EmbeddedPostgres,
  ensureDevCertificates,
  type PostgresBinaries,
  startEmbeddedPostgres,
} from '@weir/local-servers';
import type { Upstream } from '@weir/tenancy';
import pg from 'pg';

/** A server, its CA, and how to end both. */
export interface RealPostgres {
  readonly server: EmbeddedPostgres;
  readonly caPem: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** One statement as superuser. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** Only loopback, which is where the tests' servers are. */
export const loopbackOnly = { allowLoopback: true, allowPrivate: false, denied: [] } as const;

const hba = `
host all t_trust 127.0.0.1/32 trust
host all t_md5 127.0.0.1/32 md5
host all t_plain 127.0.0.1/32 password
hostssl all t_ssl 127.0.0.1/32 scram-sha-256
host all t_reject 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
`;

const roles = [
  `create role t_scram login password 'sc ret é'`,
  'create role t_trust login',
  `create role t_plain login password 'plain'`,
  `create role t_ssl login password 'ssl'`,
  `create role t_reject login password 'x'`,
  `create role t_full login password 'x' connection limit 0`,
  `create role t_expired login password 'x' valid until '2001-01-01'`,
  `create role t_forever login password 'x' valid until 'infinity'`,
  `create role t_nologin password 'x'`,
  `create role "t.odd ""é" login password 'odd'`,
  `set password_encryption = 'md5'; create role t_md5 login password 'mdpw'`,
];

/** Starts a server with one role for each way of logging in. */
export async function startRealPostgres(binaries: PostgresBinaries): Promise<RealPostgres> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-front-test-'));
  const { certFile, keyFile, caPem, caFile } = await ensureDevCertificates({
    dir: join(dir, 'certs'),
    domain: 'db.localhost',
  });
  const server = await startEmbeddedPostgres({
    dataDir: join(dir, 'pg', 'data'),
    password: 'super',
    binDir: binaries.binDir,
    tls: { certFile, keyFile },
    hba,
    durable: false,
  });
  const sql = async (text: string) => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      return (await client.query(text)).rows ?? [];
    } finally {
      await client.end();
    }
  };
  await sql(roles.join(';'));
  return {
    server,
    caPem,
    caFile,
    certFile,
    keyFile,
    sql,
    async stop() {
      await server.stop('immediate');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The server as an upstream, TLS verified in full unless told otherwise. */
export function upstreamOf(postgres: RealPostgres, part: Partial<Upstream> = {}): Upstream {
  const { port, version } = postgres.server;
  return {
    id: `test:${port}`,
    host: 'localhost',
    port,
    tlsMode: 'verify-full',
    caPem: postgres.caPem,
    serverVersion: version,
    ...part,
  };
}
