// `pnpm bench`: reads the options, starts Postgres, pgbouncer and Weir on loopback, measures, reports, and stops them.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ensureDevCertificates } from '@weir/local-servers';
import { startBenchPostgres } from './bench-postgres.ts';
import { describeMachine } from './machine.ts';
import { type BenchOptions, parseOptions, UsageError, usage } from './options.ts';
import { startPgbouncer } from './pgbouncer.ts';
import { findPrograms, ProgramError } from './programs.ts';
import { writeCharts, writeReport } from './report.ts';
import { runBenchmark } from './run.ts';
import { type CellSummary, summarise } from './summary.ts';
import type { Target } from './target.ts';
import { startWeirTargets } from './weir.ts';

// The pool size of both poolers: large enough to keep two cores busy, small enough that 64 clients queue.
const poolSize = 20;

async function bench(options: BenchOptions): Promise<void> {
  const programs = findPrograms(options.pgbouncer);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  }
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  chmodSync(directory, 0o755);
  const machine = describeMachine();
  const targets: Target[] = [];
  try {
    const certificates = await ensureDevCertificates({ dir: join(directory, 'tls'), domain: 'db.localhost' });
    say('filling Postgres');
    const postgres = await startBenchPostgres(programs);
    targets.push(postgres.target);
    if (options.targets.includes('pgbouncer')) {
      targets.push(await startPgbouncer({ programs, directory, postgres, certificates, poolSize }));
    }
    targets.push(...(await startWeirTargets(postgres, poolSize, options.targets)));
    const measured = targets.filter((target) => options.targets.includes(target.name));
    const result = await runBenchmark(programs.pgbench, measured, options, say, stopping.signal);
    const rows = summarise(result.cells, result.measurements);
    const charts = options.outFile === null ? new Map<string, string>() : chartFiles(options.outFile, rows);
    const report = writeReport({
      date: new Date().toISOString().slice(0, 10),
      command: ['pnpm bench', ...process.argv.slice(2).filter((word) => word !== '--')].join(' '),
      machine,
      targets: measured,
      rounds: options.rounds,
      seconds: options.seconds,
      poolSize,
      rows,
      charts: [...charts.keys()].map((path) => basename(path)),
      idle: result.idle,
      notes: result.notes,
    });
    process.stdout.write(`\n${report}`);
    if (options.outFile !== null) writeFileSync(options.outFile, report);
    for (const [path, chart] of charts) writeFileSync(path, chart);
    if (options.rawFile !== null) writeFileSync(options.rawFile, `${JSON.stringify(result, null, 1)}\n`);
  } finally {
    for (const target of targets.reverse()) await target.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Beside the report, under its name. */
function chartFiles(outFile: string, rows: readonly CellSummary[]): Map<string, string> {
  const stem = outFile.replace(/\.md$/, '');
  return new Map([...writeCharts(rows)].map(([end, chart]) => [`${stem}-${end}.svg`, chart]));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === null) process.stdout.write(usage);
    else await bench(options);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) say(`${error.message}\n\n${usage}`);
    else if (error instanceof ProgramError) say(error.message);
    else say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main();
