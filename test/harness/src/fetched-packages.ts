// Packages of npm and PyPI that are too much for everybody's install: fetched when asked for, and kept in the cache.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where what tests fetch is kept between runs: WEIR_TEST_CACHE_DIR, or `.weir/cache` of the project. */
export function testCacheDirectory(name: string): string {
  return resolve(process.env.WEIR_TEST_CACHE_DIR ?? join('.weir', 'cache'), name);
}

export type Fetched = { readonly folder: string } | { readonly missing: string };

/**
 * A folder of `cacheDir` whose `node_modules` holds the packages, or why there is none. `prepare` is run once in a new
 * folder; no install script is.
 */
export function fetchPackages(
  cacheDir: string,
  name: string,
  packages: Readonly<Record<string, string>>,
  prepare: (folder: string) => void = () => {},
): Fetched {
  return fetchOnce(cacheDir, name, (folder) => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: packages }));
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    execFileSync('npm', ['install', ...options], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    prepare(folder);
  });
}

/** A folder of `cacheDir` for PYTHONPATH that holds the packages, in pip's words for their versions, or why there is none. */
export function fetchPythonPackages(
  cacheDir: string,
  name: string,
  python: string,
  packages: readonly string[],
): Fetched {
  return fetchOnce(cacheDir, name, (folder) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder];
    execFileSync(python, [...pip, ...packages], { stdio: ['ignore', 'pipe', 'pipe'] });
  });
}

/** SQLAlchemy with its drivers, in versions that were tried together: Debian's knows no psycopg 3. */
export const sqlAlchemyPackages = {
  name: 'sqlalchemy-2.1.1',
  packages: ['sqlalchemy==2.1.1', 'psycopg[binary]==3.3.6', 'asyncpg==0.31.0', 'greenlet==3.5.6'],
} as const;

/** Prisma 7 with what its client needs, in versions that were tried together. */
export const prisma7Packages = {
  name: 'prisma-7.10.1',
  packages: {
    prisma: '7.10.1',
    '@prisma/client': '7.10.0',
    '@prisma/adapter-pg': '7.10.1',
    dotenv: '17.2.3',
    'pg-connection-string': '2.14.1',
  },
} as const;

/** Prisma's command line with its own schema engine as WebAssembly, in the version of each: no other site is asked for it. */
export const prismaMigratePackages = {
  6: {
    name: 'prisma-migrate-6.19.3',
    packages: {
      prisma: '6.19.3',
      '@prisma/adapter-pg': '6.19.3',
      '@prisma/schema-engine-wasm': '7.1.1-3.c2990dca591cba766e3b7ef5d9e8a84796e47ab7',
    },
  },
  7: {
    name: 'prisma-migrate-7.10.1',
    packages: {
      prisma: '7.10.1',
      '@prisma/adapter-pg': '7.10.1',
      '@prisma/schema-engine-wasm': '7.10.0-8.shadow-db-safety-s4-52d3b3c7e4002ee167a8803802fa11ced0e2c163',
      dotenv: '17.2.3',
    },
  },
} as const;

function fetchOnce(cacheDir: string, name: string, fetchInto: (folder: string) => void): Fetched {
  const folder = join(cacheDir, name);
  if (existsSync(folder)) return { folder };
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  console.error(`fetching ${name} into ${folder}`);
  try {
    fetchInto(partial);
    renameSync(partial, folder);
    return { folder };
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    const { stderr = '', message } = error as Error & { stderr?: Buffer | string };
    return { missing: `${name} could not be fetched: ${String(stderr).trim().slice(-300) || message}` };
  }
}
