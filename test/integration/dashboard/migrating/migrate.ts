// Migrations as a person runs them, in a folder with nothing but what was copied from the Connect dialog and the migrations.
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Fetched, fetchPackages, prismaMigratePackages, testCacheDirectory } from '@weir/harness';

const beside = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** A folder of a person's own. */
export interface Project {
  /** Writes a file, with its folders. */
  write(file: string, text: string): void;
  /** Runs a program of Node there, to its end. Rejects with all that it wrote. */
  run(file: string, args: readonly string[], environment?: Record<string, string>): Promise<string>;
}

/** `modules`: what is installed there. Every name under `localhost` leads to this machine, and `caFile` is trusted. */
export function makeProject(folder: string, modules: string, caFile: string): Project {
  mkdirSync(folder, { recursive: true });
  symlinkSync(modules, join(folder, 'node_modules'));
  return {
    write(file, text) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    },
    run: (file, args, environment = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(
          process.execPath,
          ['--env-file=.env', join(folder, 'node_modules', file), ...args],
          {
            cwd: folder,
            env: {
              PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
              HOME: folder,
              NODE_EXTRA_CA_CERTS: caFile,
              NODE_OPTIONS: `--import ${pathToFileURL(beside('../../../drivers/resolve-localhost.mjs')).href}`,
              ...environment,
            },
            stdio: ['ignore', 'pipe', 'pipe'],
          },
        );
        let output = '';
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding('utf8').on('data', (text: string) => (output += text));
        child.once('error', reject);
        child.once('close', (code) =>
          code === 0 ? resolve(output) : reject(new Error(`${file} ended with ${code}:\n${output}`)),
        );
      }),
  };
}

/** Prisma with its schema engine, or why there is none. */
export function prismaFor(major: 6 | 7): Fetched {
  if (process.env.WEIR_TEST_DRIVERS !== 'all') {
    return { missing: 'it is fetched and takes long; pnpm test:acceptance runs it' };
  }
  const { name, packages } = prismaMigratePackages[major];
  return fetchPackages(testCacheDirectory('drivers'), name, packages);
}

/** What Prisma needs to use that engine and none that it would fetch. */
export function prismaEnvironment(modules: string): Record<string, string> {
  return {
    WEIR_PRISMA_MODULES: modules,
    PRISMA_SCHEMA_ENGINE_BINARY: beside('prisma-schema-engine.mjs'),
    PRISMA_QUERY_ENGINE_LIBRARY: '/bin/true',
    CHECKPOINT_DISABLE: '1',
  };
}
