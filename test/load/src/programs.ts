// Finds the programs that the benchmark drives, and says what to install when one is missing.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findPostgresBinaries, findProgram } from '@weir/local-servers';
import { isOptimised } from './optimised-build.ts';

/** Paths of the programs, all of them executable. */
export interface Programs {
  readonly pgbench: string;
  readonly pgbouncer: string;
  readonly postgres: string;
}

/** A program is missing, or is no fair peer; the message names it and what to do. */
export class ProgramError extends Error {
  override name = 'ProgramError';
}

/** Looks on PATH, where Debian keeps pgbouncer, and among the system's Postgres programs. Throws ProgramError for all that is missing, and for a peer without optimisation. */
export function findPrograms(chosenPgbouncer: string | null): Programs {
  const binDir = findPostgresBinaries('system')?.binDir ?? null;
  const path = [process.env.PATH ?? '', '/usr/sbin', binDir ?? ''].join(delimiter);
  const pgbench = findProgram(['pgbench'], path);
  const pgbouncer = chosenPgbouncer ?? findProgram(['pgbouncer'], path);
  const missing = Object.entries({ postgres: binDir, pgbench, pgbouncer }).filter(
    ([, place]) => place === null,
  );
  if (binDir === null || pgbench === null || pgbouncer === null) {
    throw new ProgramError(
      `the benchmark needs ${missing.map(([name]) => name).join(', ')}, and publishes no figures without a peer beside them.\n` +
        'On Debian and Ubuntu: apt-get install postgresql pgbouncer (pgbench comes with postgresql).',
    );
  }
  if (!isOptimised(readFileSync(pgbouncer)))
    throw new ProgramError(
      `${pgbouncer} was built without optimisation: figures beside it would flatter Weir. Give one that was built with -O2 by --pgbouncer.`,
    );
  return { pgbench, pgbouncer, postgres: join(binDir, 'postgres') };
}

/** First line of `program --version`. */
export function versionOf(program: string): string {
  return execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0]!.trim();
}
