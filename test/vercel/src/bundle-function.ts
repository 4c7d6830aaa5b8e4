// Builds a function of the project into one file, as the platform's own build does, beside the packages that it names.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { snippets } from '@weir/tenancy';
import { build } from 'esbuild';

/** Copies the project to `target` with the snippets in it that its README has pasted, as they stand. */
export function copyProject(project: string, target: string): void {
  cpSync(project, target, { recursive: true });
  const anyUrl = 'postgresql://role@host/database';
  for (const { id, file, text } of snippets({ pooled: anyUrl, direct: anyUrl })) {
    const isPasted = ['vercel-functions', 'prisma-7', 'prisma-7-client'].includes(id);
    if (isPasted && file !== null) writeFileSync(join(target, file), text);
  }
}

export interface BundleOptions {
  /** A project that `copyProject` made. */
  readonly project: string;
  /** Name of the file in `api`, without its end. */
  readonly name: string;
  /** Folder for the result, which is made. */
  readonly target: string;
  /** The `node_modules` that holds the project's packages. */
  readonly modules: string;
}

/** Gives the file. Its packages stay outside, so that isolated instances share their code and not their state. */
export async function bundleFunction({ project, name, target, modules }: BundleOptions): Promise<string> {
  mkdirSync(target, { recursive: true });
  symlinkSync(modules, join(target, 'node_modules'));
  const outfile = join(target, `${name}.mjs`);
  await build({
    entryPoints: [join(project, 'api', `${name}.ts`)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return outfile;
}
