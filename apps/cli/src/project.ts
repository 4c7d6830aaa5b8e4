// Where things are: the project, what is built, and what a local Weir keeps between starts.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
// This file runs from dist/cli.mjs, and in its own tests from apps/cli/src.
const bundled = existsSync(join(here, 'cli.mjs'));

export const projectDirectory = bundled ? dirname(here) : resolve(here, '..', '..', '..');
export const distDirectory = join(projectDirectory, 'dist');

/** The directory of a local Weir: `--state`, WEIR_STATE_DIR, or `.weir` in the project. */
export function stateDirectory(option: string | undefined): string {
  return resolve(option ?? process.env.WEIR_STATE_DIR ?? join(projectDirectory, '.weir'));
}
