// Runs pgbench once against a target and reads its report.
import { spawn } from 'node:child_process';
import type { LoadCell } from './cell.ts';
import type { Address } from './target.ts';

/** What pgbench said of one run. */
export interface PgbenchResult {
  readonly transactions: number;
  readonly transactionsPerSecond: number;
  readonly latencyMs: number;
}

/** pgbench ended with an error, or clients of it were aborted. */
export class PgbenchError extends Error {
  override name = 'PgbenchError';
}

/** Environment that points libpq at an address; host names and search lists of the machine play no part. */
export function libpqEnvironment(address: Address, tls: boolean): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    PGHOST: 'localhost',
    PGHOSTADDR: '127.0.0.1',
    PGPORT: String(address.port),
    PGUSER: address.user,
    PGPASSWORD: address.password,
    PGDATABASE: address.database,
    PGSSLMODE: tls ? 'require' : 'disable',
    PGGSSENCMODE: 'disable',
    PGCONNECT_TIMEOUT: '20',
  };
}

/** Runs the cell's load for so many seconds. Rejects with PgbenchError. */
export async function runPgbench(
  pgbench: string,
  address: Address,
  cell: LoadCell,
  seconds: number,
): Promise<PgbenchResult> {
  const args = ['-n', '-S', '-M', cell.queryMode, '-c', String(cell.clients), '-T', String(seconds)];
  args.push('-j', String(Math.min(2, cell.clients)));
  if (cell.kind === 'churn') args.push('-C');
  const { code, output, errors } = await run(pgbench, args, libpqEnvironment(address, cell.tls));
  // Aborted clients leave the exit code at 2 and would make the rest look faster.
  if (code !== 0)
    throw new PgbenchError(`pgbench ${args.join(' ')} ended with ${code}: ${errors.slice(0, 600)}`);
  return parseReport(output);
}

/** Creates pgbench's tables. */
export async function loadTables(pgbench: string, address: Address, scale: number): Promise<void> {
  const { code, errors } = await run(
    pgbench,
    ['-i', '-q', '-s', String(scale)],
    libpqEnvironment(address, false),
  );
  if (code !== 0) throw new PgbenchError(`pgbench -i ended with ${code}: ${errors.slice(0, 600)}`);
}

/** Reads pgbench's closing report; throws PgbenchError when a line is not there. */
export function parseReport(output: string): PgbenchResult {
  const number = (pattern: RegExp): number => {
    const match = pattern.exec(output);
    if (match === null) throw new PgbenchError(`pgbench's report has no line like ${pattern}:\n${output}`);
    return Number(match[1]);
  };
  const transactions = number(/^number of transactions actually processed: (\d+)/m);
  // pgbench leaves out the figures below when there is nothing to divide by.
  if (transactions === 0) throw new PgbenchError('pgbench finished no transaction in its time');
  return {
    transactions,
    transactionsPerSecond: number(/^tps = ([\d.]+)/m),
    latencyMs: number(/^latency average = ([\d.]+) ms/m),
  };
}

function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | string; output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 'no code', output, errors }));
  });
}
