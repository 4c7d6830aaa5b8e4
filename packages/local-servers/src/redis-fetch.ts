// Unpacks the distribution's Redis into a directory of ours: no root, no service, no entry in the package database.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { LocalServerError } from './errors.ts';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';

const packages = ['redis-tools', 'liblzf1', 'libjemalloc2'];

/** A program outside the usual places, with what its environment needs to find its libraries. */
export interface FetchedProgram {
  readonly program: string;
  readonly env: { readonly LD_LIBRARY_PATH?: string };
}

/** Redis from the distribution's own package source, kept under `cacheDir`. Rejects with LocalServerError. */
export async function fetchRedis(
  cacheDir: string,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<FetchedProgram> {
  const home = join(cacheDir, 'redis');
  const kept = existsSync(home) ? describe(home) : null;
  if (kept !== null) return kept;
  const aptGet = findProgram(['apt-get'], env.PATH);
  const dpkgDeb = findProgram(['dpkg-deb'], env.PATH);
  if (aptGet === null || dpkgDeb === null) {
    throw new LocalServerError(
      'FETCH_FAILED',
      'this is not a Debian-like system, so Redis cannot be fetched',
      {
        hint: 'install valkey or redis, or set REDIS_URL',
      },
    );
  }
  say(
    `fetching ${packages.join(', ')} with apt-get into ${home} (nothing is installed; WEIR_NO_FETCH=1 turns this off)`,
  );
  const partial = `${home}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'root', 'deb']) {
    mkdirSync(join(partial, part), { recursive: true });
  }
  // Its own lists and cache, no locks: apt's state on this machine is neither needed nor touched.
  const options = [
    `Dir::State=${join(partial, 'state')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${join(partial, 'cache')}`,
    'Debug::NoLocking=1',
    `APT::Sandbox::User=${userInfo().username}`,
    'Acquire::Languages=none',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=15',
  ].flatMap((option) => ['-o', option]);
  try {
    await runProgram(aptGet, [...options, '-qq', 'update'], { timeout: 90_000, env });
    await runProgram(aptGet, [...options, 'download', ...packages], {
      timeout: 90_000,
      env,
      cwd: join(partial, 'deb'),
    });
    for (const file of readdirSync(join(partial, 'deb'))) {
      await runProgram(dpkgDeb, ['-x', join(partial, 'deb', file), join(partial, 'root')], {
        timeout: 30_000,
      });
    }
    const bin = join(partial, 'root', 'usr', 'bin');
    // One program under several names: which one it is called by decides what it does.
    if (!existsSync(join(bin, 'redis-server'))) symlinkSync('redis-check-rdb', join(bin, 'redis-server'));
    for (const part of ['state', 'cache', 'deb'])
      rmSync(join(partial, part), { recursive: true, force: true });
    rmSync(home, { recursive: true, force: true });
    renameSync(partial, home);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    const { stderr } = error as { stderr?: string };
    throw new LocalServerError(
      'FETCH_FAILED',
      `apt-get could not fetch Redis: ${stderr?.trim() || String(error)}`,
      {
        hint: 'install valkey or redis, or set REDIS_URL',
        cause: error,
      },
    );
  }
  const fetched = describe(home);
  if (fetched === null)
    throw new LocalServerError('FETCH_FAILED', `the packages hold no redis-server (${home})`);
  return fetched;
}

function describe(home: string): FetchedProgram | null {
  const program = join(home, 'root', 'usr', 'bin', 'redis-server');
  const library = findFile(join(home, 'root', 'usr', 'lib'), /^libjemalloc\.so\.\d+$/);
  if (!existsSync(program) || library === null) return null;
  return { program, env: { LD_LIBRARY_PATH: dirname(library) } };
}

function findFile(directory: string, name: RegExp): string | null {
  if (!existsSync(directory)) return null;
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (name.test(entry.split('/').at(-1)!)) return join(directory, entry);
  }
  return null;
}
