// Runs psql as a person would, where it is installed.
import { spawn } from 'node:child_process';
import { findProgram } from '@weir/local-servers';

export interface PsqlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The psql on PATH, or null. */
export function findPsql(): string | null {
  return findProgram(['psql']);
}

/** Runs SQL through psql: unaligned, without headers, no psqlrc. Host names need no DNS: every one leads to 127.0.0.1. */
export function runPsql(
  url: string,
  sql: string,
  environment: Record<string, string> = {},
): Promise<PsqlResult> {
  const program = findPsql();
  if (program === null) throw new Error('psql is not on PATH');
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1', url], {
      env: {
        PATH: process.env.PATH,
        HOME: '/nonexistent',
        PGHOSTADDR: '127.0.0.1',
        PGCONNECT_TIMEOUT: '15',
        ...environment,
      },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code: code ?? 1, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }),
    );
    child.stdin.on('error', () => {});
    child.stdin.end(sql);
  });
}
