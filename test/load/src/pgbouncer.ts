// The peer: pgbouncer in transaction mode with the same pool size, certificate and login method as Weir.
import { chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DevCertificates, freePort, startServerProcess } from '@weir/local-servers';
import type { BenchPostgres } from './bench-postgres.ts';
import { type Programs, versionOf } from './programs.ts';
import type { Target } from './target.ts';

// pgbouncer refuses to run as root; 65534 is `nobody` wherever it runs.
const servant = process.getuid?.() === 0 ? 65_534 : undefined;

/** Starts pgbouncer on loopback in front of the benchmark's Postgres. */
export async function startPgbouncer(options: {
  readonly programs: Programs;
  readonly directory: string;
  readonly postgres: BenchPostgres;
  readonly certificates: DevCertificates;
  readonly poolSize: number;
}): Promise<Target> {
  const { address } = options.postgres.target;
  const port = await freePort();
  const version = versionOf(options.programs.pgbouncer);
  const directory = join(options.directory, 'pgbouncer');
  mkdirSync(directory);
  const userList = join(directory, 'userlist.txt');
  const configuration = join(directory, 'pgbouncer.ini');
  const certFile = join(directory, 'server.pem');
  const keyFile = join(directory, 'server-key.pem');
  copyFileSync(options.certificates.certFile, certFile);
  copyFileSync(options.certificates.keyFile, keyFile);
  // The verifier, not the password: pgbouncer then carries the ClientKey to the server, as Weir does.
  writeFileSync(userList, `"${address.user}" "${options.postgres.verifier}"\n`, { mode: 0o600 });
  const tracksPrepared = knowsPreparedStatements(version);
  const lines = [
    '[databases]',
    `${address.database} = host=127.0.0.1 port=${address.port} dbname=${address.database}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'pool_mode = transaction',
    `default_pool_size = ${options.poolSize}`,
    'max_client_conn = 10000',
    'auth_type = scram-sha-256',
    `auth_file = ${userList}`,
    'client_tls_sslmode = allow',
    `client_tls_cert_file = ${certFile}`,
    `client_tls_key_file = ${keyFile}`,
    'server_tls_sslmode = disable',
    'ignore_startup_parameters = extra_float_digits',
    'log_connections = 0',
    'log_disconnections = 0',
    'log_stats = 0',
    ...(tracksPrepared ? ['max_prepared_statements = 200'] : []),
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`, { mode: 0o600 });
  if (servant !== undefined) {
    for (const path of [directory, userList, configuration, certFile, keyFile])
      chownSync(path, servant, servant);
  }
  const server = await startServerProcess({
    name: 'pgbouncer',
    command: options.programs.pgbouncer,
    args: [configuration],
    uid: servant,
    endSignal: 'INT',
  });
  await server.waitForOutput(/process up/, 20_000);
  return {
    name: 'pgbouncer',
    version,
    pids: [server.pid],
    address: { ...address, port },
    refuses: ({ queryMode }) =>
      queryMode === 'prepared' && !tracksPrepared
        ? `${version} has no prepared statements in transaction mode`
        : null,
    close: async () => {
      await server.stop();
    },
  };
}

// max_prepared_statements came with 1.21; an older one refuses to start with the line in its file.
function knowsPreparedStatements(version: string): boolean {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  return major > 1 || minor >= 21;
}
