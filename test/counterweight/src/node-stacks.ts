// Stacks of npm: those of this package's own dependencies, and Prisma, which is fetched into the cache.
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fetchPackages } from '@weir/harness';
import type { Missing, Program, Stack, Where } from './stack.ts';

// Makes names under localhost resolve; the name itself still goes into SNI and is verified.
const resolveLocalhost = join('..', 'drivers', 'resolve-localhost.mjs');

/** One of the applications, run by this very Node. */
export function nodeProgram(where: Where, file: string, env: Record<string, string> = {}): Program | Missing {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 24) return { missing: `Node ${process.version} does not run TypeScript as it is; 24 does` };
  return {
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--import',
      join(where.folder, resolveLocalhost),
      join(where.folder, 'applications', file),
    ],
    env,
    // Node is told of the authority once and for all drivers.
    urlOf: (url) => url.replace(/&sslrootcert=[^&]*/, ''),
  };
}

function ofNpm(name: string, file: string): Stack {
  return { name, prepare: (where) => nodeProgram(where, file) };
}

/** Prisma with what it needs is 300 MB, so that only who asks for this gauge has it. */
const prismaPackages = { prisma: '7.10.1', '@prisma/client': '7.10.0', '@prisma/adapter-pg': '7.10.1' };

function preparePrisma(where: Where): Program | Missing {
  const fetched = fetchPackages(
    where.cacheDir,
    `prisma-${prismaPackages.prisma}`,
    prismaPackages,
    (folder) => {
      const command = join('node_modules', 'prisma', 'build', 'index.js');
      // It looks for the client from where the schema is.
      cpSync(join(where.folder, 'applications', 'schema.prisma'), join(folder, 'schema.prisma'));
      execFileSync(process.execPath, [command, 'generate', '--schema', 'schema.prisma'], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        // Generating needs no engine, but Prisma fetches one from its own site unless it is told of one.
        env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', CHECKPOINT_DISABLE: '1' },
      });
    },
  );
  if ('missing' in fetched) return fetched;
  return nodeProgram(where, 'prisma.ts', { WEIR_PACKAGES: fetched.folder });
}

export const nodeStacks: readonly Stack[] = [
  { name: 'Prisma', prepare: preparePrisma },
  ofNpm('Drizzle on node-postgres', 'drizzle-pg.ts'),
  ofNpm('Drizzle on postgres.js', 'drizzle-postgres-js.ts'),
  ofNpm('Knex', 'knex.ts'),
  ofNpm('TypeORM', 'typeorm.ts'),
  ofNpm('Sequelize', 'sequelize.ts'),
];
