// Runs pgbench once against a target and reads its report and its log.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadCell, LoadScript } from './cell.ts';
import { percentiles } from './statistics.ts';
import type { Address } from './target.ts';

/** What pgbench said of one run. */
export interface PgbenchResult {
  readonly transactions: number;
  readonly transactionsPerSecond: number;
  readonly latency: Latency;
}

/** From the beginning of a transaction to its end as its client sees it, in µs. */
export interface Latency {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly longestUs: number;
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
  const directory = mkdtempSync(join(tmpdir(), 'weir-pgbench-'));
  try {
    const args = ['-n', '-M', cell.queryMode, '-c', String(cell.clients), '-T', String(seconds)];
    args.push('-j', String(Math.min(2, cell.clients)), ...scriptArguments(cell.script, directory));
    if (cell.kind === 'churn') args.push('-C');
    // Each transaction is logged: what is drawn from them would say nothing of the slowest.
    args.push('-l', `--log-prefix=${join(directory, 'log')}`);
    const { code, output, errors } = await run(pgbench, args, libpqEnvironment(address, cell.tls));
    // Aborted clients leave the exit code at 2 and would make the rest look faster.
    if (code !== 0)
      throw new PgbenchError(`pgbench ${args.join(' ')} ended with ${code}: ${errors.slice(0, 600)}`);
    const logs = readdirSync(directory).filter((name) => name.startsWith('log'));
    const latency = latencyOf(logs.map((name) => readFileSync(join(directory, name), 'latin1')));
    return { ...parseReport(output), latency };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const accounts = 'select abalance from pgbench_accounts where aid = :aid;';
const ownScripts = {
  pipeline: [
    '\\set aid random(1, 100000 * :scale)',
    '\\startpipeline',
    ...Array.from({ length: 10 }, () => accounts),
    '\\endpipeline',
  ],
  megabyte: ["select repeat('x', 1000000);"],
};

function scriptArguments(script: LoadScript, directory: string): string[] {
  if (script === 'select') return ['-S'];
  if (script === 'tpcb') return ['-b', 'tpcb-like'];
  const file = join(directory, `${script}.sql`);
  writeFileSync(file, `${ownScripts[script].join('\n')}\n`);
  return ['-s', String(scale), '-f', file];
}

/** Of pgbench's logs: lines of client, transaction, its time in µs and more. Throws PgbenchError where there is none. */
export function latencyOf(logs: readonly string[]): Latency {
  const timesUs: number[] = [];
  for (const log of logs)
    for (const line of log.split('\n')) if (line !== '') timesUs.push(Number(line.split(' ', 3)[2]));
  if (timesUs.length === 0) throw new PgbenchError('pgbench logged no transaction');
  const [p50Us, p99Us, longestUs] = percentiles(timesUs, [0.5, 0.99, 1]);
  return { p50Us: p50Us!, p99Us: p99Us!, longestUs: longestUs! };
}

/** Of pgbench's tables: so many times 100 000 accounts. */
const scale = 10;

/** Creates pgbench's tables. */
export async function loadTables(pgbench: string, address: Address): Promise<void> {
  const { code, errors } = await run(
    pgbench,
    ['-i', '-q', '-s', String(scale)],
    libpqEnvironment(address, false),
  );
  if (code !== 0) throw new PgbenchError(`pgbench -i ended with ${code}: ${errors.slice(0, 600)}`);
}

/** Reads pgbench's closing report; throws PgbenchError when a line is not there. */
export function parseReport(output: string): Omit<PgbenchResult, 'latency'> {
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
