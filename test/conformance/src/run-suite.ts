// One run of the suite against one address: starts pg_regress, bounds its time, and reads which tests passed.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Suite } from './suite.ts';

/** Where the tests' clients connect to. */
export interface Address {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** PGOPTIONS and PGSSLMODE, say. */
  readonly env: Readonly<Record<string, string>>;
}

export interface SuiteResult {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** It was ended at its time limit. */
  readonly hung: boolean;
  /** Tests whose psql was ended at the limit of a test. */
  readonly ended: number;
  readonly seconds: number;
}

export interface SuiteOptions {
  /** Where results and differences go; emptied first. */
  readonly outputDir: string;
  readonly binDir: string;
  readonly limitSeconds: number;
  readonly testLimitSeconds: number;
  /** Only these; none: the whole schedule. */
  readonly tests: readonly string[];
}

/** Runs the parallel schedule (or the tests named) in `database`, which is there already. */
export async function runSuite(suite: Suite, address: Address, options: SuiteOptions): Promise<SuiteResult> {
  const { outputDir, binDir, limitSeconds, testLimitSeconds, tests } = options;
  rmSync(outputDir, { recursive: true, force: true });
  mkdirSync(outputDir, { recursive: true });
  // The server, which runs as somebody else, writes files there.
  for (const folder of ['', 'results', 'testtablespace', 'sql', 'expected']) {
    mkdirSync(join(outputDir, folder), { recursive: true });
    chmodSync(join(outputDir, folder), 0o777);
  }
  const started = performance.now();
  const child = spawn(
    suite.pgRegress,
    [
      ...['--use-existing', '--dbname', address.database, '--max-concurrent-tests=20'],
      ...['--host', 'localhost', '--port', String(address.port), '--user', address.user],
      ...['--bindir', binDir, '--dlpath', suite.libDir, '--inputdir', suite.inputDir],
      ...['--outputdir', outputDir],
      ...(tests.length > 0 ? tests : ['--schedule', join(suite.inputDir, 'parallel_schedule')]),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { PATH: process.env.PATH ?? '', LANG: 'C', PGPASSWORD: address.password, ...address.env },
    },
  );
  let output = '';
  const keep = (bytes: Buffer) => {
    output += bytes.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, limitSeconds * 1000);
  let ended = 0;
  const watch = setInterval(() => {
    ended += endLongRunning(child.pid!, testLimitSeconds);
  }, 2_000);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  clearInterval(watch);
  const passed: string[] = [];
  const failed: string[] = [];
  for (const line of output.split('\n')) {
    const match = /^(?:test|\s{4,})\s*([\w.]+?)\s*\.\.\.\s+(ok|FAILED)/.exec(line);
    if (match !== null) (match[2] === 'ok' ? passed : failed).push(match[1]!);
  }
  if (passed.length + failed.length === 0)
    throw new Error(`pg_regress ran nothing:\n${output.slice(-2_000)}`);
  return { passed, failed, hung, ended, seconds: (performance.now() - started) / 1000 };
}

/** Ends each psql of the run's process group that is older than the limit; returns how many. */
function endLongRunning(group: number, limitSeconds: number): number {
  const { stdout } = spawnSync('ps', ['-eo', 'pgid=,pid=,etimes=,comm='], { encoding: 'utf8' });
  let ended = 0;
  for (const line of (stdout ?? '').split('\n')) {
    const [pgid, pid, seconds, command] = line.trim().split(/\s+/);
    if (Number(pgid) !== group || command !== 'psql' || Number(seconds) < limitSeconds) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
      ended++;
    } catch {
      // It has ended by itself.
    }
  }
  return ended;
}

/** The differences of a run, as pg_regress wrote them. */
export function differencesOf(outputDir: string): string {
  try {
    return readFileSync(join(outputDir, 'regression.diffs'), 'utf8');
  } catch {
    return '';
  }
}
