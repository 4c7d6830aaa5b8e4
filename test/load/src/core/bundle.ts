// The two programs whose instructions are counted, each as one file of JavaScript: what is read and stripped at the
// start of a program made of many would drown what is to be counted.
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// As scripts/build.mjs has it, for packages in CommonJS.
const banner = [
  "import { createRequire } from 'node:module';",
  'const require = createRequire(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

const programs = {
  'drive-core': new URL('./drive-core.ts', import.meta.url),
  'pooler-host': new URL('./pooler-host.ts', import.meta.url),
};
export type Program = keyof typeof programs;

/** Bundles `program` of this folder, with the pooling core of `folder`, into `directory`; returns the file. */
export async function bundle(
  program: Program,
  folder: string,
  directory: string,
  name: string,
): Promise<string> {
  const outfile = join(directory, `${program}-${name}.mjs`);
  // The SQL parser looks for its code beside the file that it runs in; an earlier release has none.
  const wasm = join(folder, 'dist', 'libpg-query.wasm');
  if (existsSync(wasm)) copyFileSync(wasm, join(directory, 'libpg-query.wasm'));
  await build({
    entryPoints: [fileURLToPath(programs[program])],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    alias: { '@weir/pooling': join(folder, 'packages/pooling/src/index.ts') },
    banner: { js: banner },
  });
  return outfile;
}
