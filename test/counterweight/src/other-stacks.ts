// Stacks of other languages: Rails' ActiveRecord, the JDBC driver as Hibernate uses it, and SQLAlchemy.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchPythonPackages, sqlAlchemyPackages } from '@weir/harness';
import { findProgram } from '@weir/local-servers';
import type { Missing, Program, Stack, Where } from './stack.ts';

// Debian's own, which sees Debian's gems.
const ruby = '/usr/bin/ruby';
const jdbcJar = '/usr/share/java/postgresql.jar';

function prepareRails(where: Where): Program | Missing {
  try {
    execFileSync(ruby, ['-e', 'require "active_record"; require "pg"'], { stdio: 'ignore' });
  } catch {
    return { missing: `no ActiveRecord for ${ruby} (Debian: apt-get install ruby-activerecord ruby-pg)` };
  }
  return { command: ruby, args: ['-W0', join(where.folder, 'applications', 'shop.rb')] };
}

function prepareJdbc(where: Where): Program | Missing {
  const java = findProgram(['java']);
  const javac = findProgram(['javac']);
  if (java === null || javac === null || !existsSync(jdbcJar)) {
    const packages = 'default-jdk-headless libpostgresql-jdbc-java';
    return { missing: `no JDK with the Postgres driver (Debian: apt-get install ${packages})` };
  }
  const source = join(where.folder, 'applications', 'Shop.java');
  execFileSync(javac, ['-cp', jdbcJar, '-d', where.scratchDir, source]);
  const hostsFile = join(where.scratchDir, 'hosts');
  const classes = `${where.scratchDir}:${jdbcJar}`;
  const words = [`-Djdk.net.hosts.file=${hostsFile}`, '-Xss512k', '-cp', classes, 'Shop'];
  return {
    command: java,
    args: words,
    urlOf(url) {
      // Java asks this file instead of DNS; the name itself goes into SNI and is verified.
      writeFileSync(hostsFile, `127.0.0.1 ${new URL(url).hostname} localhost\n`);
      return jdbcUrl(url);
    },
  };
}

/** The driver wants role and password as parameters. */
function jdbcUrl(text: string): string {
  const url = new URL(text);
  url.searchParams.set('user', decodeURIComponent(url.username));
  url.searchParams.set('password', decodeURIComponent(url.password));
  return `jdbc:postgresql://${url.host}${url.pathname}?${url.searchParams}`;
}

function prepareSqlAlchemy(where: Where, driver: 'psycopg' | 'asyncpg'): Program | Missing {
  const python = findProgram(['/usr/bin/python3', 'python3']);
  if (python === null) return { missing: 'python3 is not on PATH' };
  const { name, packages } = sqlAlchemyPackages;
  const fetched = fetchPythonPackages(where.cacheDir, name, python, packages);
  if ('missing' in fetched) return fetched;
  const env = { WEIR_DRIVER: driver, PYTHONPATH: fetched.folder };
  return { command: python, args: [join(where.folder, 'applications', 'shop.py')], env };
}

export const otherStacks: readonly Stack[] = [
  { name: 'Rails (ActiveRecord)', prepare: prepareRails },
  { name: 'JDBC, as under Hibernate', prepare: prepareJdbc },
  { name: 'SQLAlchemy on psycopg', prepare: (where) => prepareSqlAlchemy(where, 'psycopg') },
  { name: 'SQLAlchemy on asyncpg', prepare: (where) => prepareSqlAlchemy(where, 'asyncpg') },
];
