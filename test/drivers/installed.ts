// Which clients are installed on this machine; a missing one is a reason to skip, told by name.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  fetchPackages,
  fetchPythonPackages,
  prisma7Packages,
  sqlAlchemyPackages,
  testCacheDirectory,
} from '@weir/harness';
import { findProgram } from '@weir/local-servers';

// Debian's own: another Python on PATH does not see Debian's drivers.
const python = '/usr/bin/python3';
const jar = '/usr/share/java/postgresql.jar';

/** The Python that has the module, or the reason why it is not tried. */
export function pythonWith(module: string, debianPackage: string): { program: string } | { missing: string } {
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
    return { program: python };
  } catch {
    return { missing: `${module} is not installed for ${python} (Debian: apt-get install ${debianPackage})` };
  }
}

/** Java with its compiler and the Postgres driver, or the reason why they are not tried. */
export function javaWithDriver(): { java: string; javac: string; jar: string } | { missing: string } {
  const java = findProgram(['java']);
  const javac = findProgram(['javac']);
  if (java !== null && javac !== null && existsSync(jar)) return { java, javac, jar };
  return {
    missing:
      'no JDK with the Postgres driver (Debian: apt-get install default-jdk-headless libpostgresql-jdbc-java)',
  };
}

/** psql, or the reason why it is not tried. */
export function installedPsql(): { program: string } | { missing: string } {
  const program = findProgram(['psql']);
  return program === null
    ? { missing: 'psql is not on PATH (Debian: apt-get install postgresql-client)' }
    : { program };
}

type Missing = { missing: string };

const heavy = { missing: 'it is fetched and takes long; pnpm test:drivers runs it' };
const wantsHeavy = process.env.WEIR_TEST_DRIVERS === 'all';

/** Python with an SQLAlchemy that knows psycopg 3, or the reason why it is not tried. */
export function pythonWithSqlAlchemy(): { program: string; pythonPath: string } | Missing {
  if (!wantsHeavy) return heavy;
  if (!existsSync(python)) return { missing: `there is no ${python}` };
  const { name, packages } = sqlAlchemyPackages;
  const fetched = fetchPythonPackages(testCacheDirectory('drivers'), name, python, packages);
  return 'missing' in fetched ? fetched : { program: python, pythonPath: fetched.folder };
}

/** Ruby with ActiveRecord on pg, or the reason why it is not tried. */
export function rubyWithActiveRecord(): { program: string } | Missing {
  const ruby = '/usr/bin/ruby';
  try {
    execFileSync(ruby, ['-e', 'require "active_record"; require "pg"'], { stdio: 'ignore' });
    return { program: ruby };
  } catch {
    return { missing: `no ActiveRecord for ${ruby} (Debian: apt-get install ruby-activerecord ruby-pg)` };
  }
}

/** Go with Debian's pgx 4, or the reason why they are not tried. */
export function goWithPgx(): { program: string; packages: string } | Missing {
  if (!wantsHeavy) return { missing: 'compiling pgx takes long; pnpm test:drivers runs it' };
  const packages = '/usr/share/gocode';
  const go = findProgram(['go']);
  if (go !== null && existsSync(`${packages}/src/github.com/jackc/pgx/v4`)) return { program: go, packages };
  return { missing: 'no Go with pgx (Debian: apt-get install golang-go golang-github-jackc-pgx-v4-dev)' };
}

const prismas = { 6: { name: 'prisma-6.19.3', packages: { prisma: '6.19.3' } }, 7: prisma7Packages } as const;

/** The folder with the packages of a Prisma, or the reason why it is not tried. */
export function fetchedPrisma(major: 6 | 7): { modules: string } | Missing {
  if (!wantsHeavy) return heavy;
  const { name, packages } = prismas[major];
  const fetched = fetchPackages(testCacheDirectory('drivers'), name, packages);
  return 'missing' in fetched ? fetched : { modules: `${fetched.folder}/node_modules` };
}
