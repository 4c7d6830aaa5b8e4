// The control: pgbouncer in transaction mode in front of the same Postgres, as its manual sets it up.
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Postgres } from '@weir/harness';
import { findProgram, freePort, startServerProcess } from '@weir/local-servers';

// pgbouncer refuses to run as root; 65534 is `nobody` wherever it runs.
const servant = process.getuid?.() === 0 ? 65_534 : undefined;

/** A running pgbouncer. */
export interface Pgbouncer {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts it on loopback. Throws where there is none on this machine. */
export async function startPgbouncer(
  postgres: Postgres,
  database: string,
  directory: string,
): Promise<Pgbouncer> {
  const program = findProgram(['pgbouncer'], `${process.env.PATH}:/usr/sbin`);
  if (program === null) throw new Error('pgbouncer is not installed: apt-get install pgbouncer');
  const port = await freePort();
  mkdirSync(directory, { recursive: true });
  const userList = join(directory, 'userlist.txt');
  const configuration = join(directory, 'pgbouncer.ini');
  writeFileSync(userList, `"${postgres.user}" "${postgres.password}"\n`, { mode: 0o600 });
  const lines = [
    '[databases]',
    `${database} = host=127.0.0.1 port=${postgres.port} dbname=${database} user=${postgres.user} password=${postgres.password}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'pool_mode = transaction',
    'default_pool_size = 60',
    'auth_type = any',
    `auth_file = ${userList}`,
    'server_tls_sslmode = disable',
    'ignore_startup_parameters = extra_float_digits,options,intervalstyle',
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`, { mode: 0o600 });
  if (servant !== undefined)
    for (const path of [directory, userList, configuration]) chownSync(path, servant, servant);
  const server = await startServerProcess({
    name: 'pgbouncer',
    command: program,
    args: [configuration],
    uid: servant,
    endSignal: 'INT',
  });
  await server.waitForOutput(/process up/, 20_000);
  return {
    port,
    close: async () => {
      await server.stop();
    },
  };
}
