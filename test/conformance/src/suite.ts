// PostgreSQL's own regression suite: taken from Debian's sources or a directory given, built once in the cache.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A suite that is ready to run. */
export interface Suite {
  /** Holds `sql`, `expected`, `parallel_schedule`. */
  readonly inputDir: string;
  readonly pgRegress: string;
  /** Holds regress.so, autoinc.so and refint.so. */
  readonly libDir: string;
  /** For instance `15.18`. */
  readonly version: string;
}

/** Thrown where the suite cannot be had; the message says what to do. */
export class SuiteError extends Error {
  override name = 'SuiteError';
}

/** `given`: a source tree of PostgreSQL, built or not; null: Debian's sources of the version of `binDir`'s server. */
export function prepareSuite(given: string | null, cacheDir: string, binDir: string): Suite {
  const [, version = ''] = /(\d+\.\d+)/.exec(run(join(binDir, 'postgres'), ['--version'])) ?? [];
  const tree = given ?? fetchSources(version, cacheDir);
  const inputDir = join(tree, 'src', 'test', 'regress');
  if (!existsSync(join(inputDir, 'parallel_schedule'))) {
    throw new SuiteError(`${tree} is not a source tree of PostgreSQL`);
  }
  const pgRegress = join(inputDir, 'pg_regress');
  if (!existsSync(join(inputDir, 'regress.so')) || !existsSync(pgRegress)) {
    if (!existsSync(join(tree, 'config.status'))) {
      run(join(tree, 'configure'), ['--without-readline', '--without-zlib', '--without-icu'], tree);
    }
    run('make', ['-s', '-C', inputDir, 'regress.so', 'pg_regress'], tree);
  }
  const libDir = join(cacheDir, `regress-lib-${version}`);
  mkdirSync(libDir, { recursive: true });
  cpSync(join(inputDir, 'regress.so'), join(libDir, 'regress.so'));
  for (const name of ['autoinc.so', 'refint.so']) {
    const from = join(binDir, '..', 'lib', name);
    if (!existsSync(from)) throw new SuiteError(`${from} is missing: apt-get install postgresql-contrib`);
    cpSync(from, join(libDir, name));
  }
  return { inputDir, pgRegress, libDir, version };
}

function fetchSources(version: string, cacheDir: string): string {
  const home = join(cacheDir, `postgresql-${version}`);
  const tree = join(home, 'source');
  if (existsSync(tree)) return tree;
  rmSync(home, { recursive: true, force: true });
  for (const folder of ['state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(home, folder), { recursive: true });
  }
  const major = version.split('.')[0];
  const debian = run('dpkg-query', ['-W', '-f', '${Version}', `postgresql-${major}`]);
  const options = [
    ...['-o', `Dir::State=${home}/state`, '-o', `Dir::Cache=${home}/cache`],
    ...['-o', `Dir::Etc::SourceList=${home}/sources.list`, '-o', 'Dir::Etc::SourceParts=/dev/null'],
    ...['-o', 'Dir::State::status=/var/lib/dpkg/status', '-o', 'Debug::NoLocking=1', '-qq'],
  ];
  writeFileSync(join(home, 'sources.list'), sourcesList());
  console.log(`fetching the sources of postgresql-${major} ${debian} into ${home}`);
  run('apt-get', [...options, 'update'], home);
  run('apt-get', [...options, 'source', '--download-only', `postgresql-${major}=${debian}`], home);
  const description = readdirSync(home).find((name) => name.endsWith('.dsc'));
  if (description === undefined) throw new SuiteError(`apt-get brought no sources of ${debian}`);
  run('dpkg-source', ['-x', '--no-check', description, 'source'], home);
  return tree;
}

/** The machine's own package sources, asked for source packages. */
function sourcesList(): string {
  const policy = run('apt-cache', ['policy']);
  const lines = new Set<string>();
  for (const [, url, suite, component] of policy.matchAll(
    /^\s+\d+ (\S+) ([\w-]+)\/([\w-]+) \S+ Packages$/gm,
  )) {
    if (/debian/.test(url!))
      lines.add(
        `deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${url} ${suite} ${component}`,
      );
  }
  return `${[...lines].join('\n')}\n`;
}

function run(program: string, args: readonly string[], cwd?: string): string {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
    });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new SuiteError(`${program} ${args[0] ?? ''} failed: ${stderr.slice(-2_000)}`, { cause: error });
  }
}
