// Makes a Postgres data directory once, and clears away what a crash left in it; the server itself is started elsewhere.
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LocalServerError } from './errors.ts';
import { runProgram } from './run-program.ts';
import { giveTo, lockFilePid, makeOwnDirectory, type ServerUser } from './server-user.ts';

/** How `initdb` and later starts let clients in, in the words of pg_hba.conf. */
export type PostgresAuth = 'scram-sha-256' | 'md5' | 'password' | 'trust';

export interface InitOptions {
  readonly binDir: string;
  readonly dataDir: string;
  readonly user: ServerUser;
  /** The name and password of the superuser to be. */
  readonly superuser: string;
  readonly password: string;
  readonly auth: PostgresAuth;
}

/** Runs initdb unless `dataDir` holds a finished data directory. Returns whether it ran. Rejects with LocalServerError. */
export async function ensureDataDirectory(options: InitOptions): Promise<boolean> {
  const { dataDir, user } = options;
  if (existsSync(join(dataDir, 'PG_VERSION'))) return false;
  // Made beside its place and then renamed: a start that is killed half-way leaves nothing that looks finished.
  const partial = `${dataDir}.partial`;
  rmSync(partial, { recursive: true, force: true });
  makeOwnDirectory(partial, user);
  const passwordDir = mkdtempSync(join(tmpdir(), 'weir-init-'));
  const passwordFile = join(passwordDir, 'password');
  try {
    writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
    giveTo(passwordDir, user);
    giveTo(passwordFile, user);
    await runProgram(
      join(options.binDir, 'initdb'),
      [
        ...['-D', partial, '-U', options.superuser, '-A', options.auth, `--pwfile=${passwordFile}`],
        ...['-E', 'UTF8', '--locale=C', '--no-sync'],
      ],
      {
        cwd: '/',
        timeout: 300_000,
        env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
        ...(user.uid !== undefined && { uid: user.uid, gid: user.gid }),
      },
    );
    renameSync(partial, dataDir);
    return true;
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string };
    throw new LocalServerError('INIT_FAILED', `initdb could not make ${dataDir}`, {
      output: [stdout, stderr].filter(Boolean).join('\n') || String(error),
      cause: error,
    });
  } finally {
    rmSync(passwordDir, { recursive: true, force: true });
  }
}

/**
 * Clears a postmaster.pid whose process is gone or is another program by now: pids are used again, and Postgres
 * refuses to start beside any process of its user that has the number. Returns the pid of a server that still runs there.
 */
export function clearStaleLock(dataDir: string): number | null {
  const lock = join(dataDir, 'postmaster.pid');
  const pid = lockFilePid(lock);
  if (pid === null) {
    rmSync(lock, { force: true });
    return null;
  }
  if (isServerOf(pid, dataDir)) return pid;
  rmSync(lock, { force: true });
  return null;
}

function isServerOf(pid: number, dataDir: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  try {
    // A postmaster works in its data directory.
    return resolve(readlinkSync(`/proc/${pid}/cwd`)) === resolve(dataDir);
  } catch {
    // No /proc, or not ours to read: believe the lock unless the name shows that it is something else.
  }
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres');
  } catch {
    return true;
  }
}

/** Puts a certificate where the server can read it, whoever owns the original. Returns the settings that name it. */
export function placeCertificate(
  dataDir: string,
  tls: { certFile: string; keyFile: string },
  user: ServerUser,
): Record<string, string> {
  const certFile = join(dataDir, 'weir-server.crt');
  const keyFile = join(dataDir, 'weir-server.key');
  copyFileSync(tls.certFile, certFile);
  rmSync(keyFile, { force: true });
  writeFileSync(keyFile, readFileSync(tls.keyFile), { mode: 0o600 });
  giveTo(certFile, user);
  giveTo(keyFile, user);
  return { ssl: 'on', ssl_cert_file: certFile, ssl_key_file: keyFile };
}
