// The benchmark's report as Markdown: what ran where, the tables, and how to read them.
import type { IdleMeasurement } from './idle-memory.ts';
import type { CellSummary, TargetSummary } from './summary.ts';
import type { Target, TargetName } from './target.ts';

/** Everything the report tells. */
export interface ReportInput {
  readonly date: string;
  readonly command: string;
  readonly machine: readonly string[];
  readonly targets: readonly Target[];
  readonly rounds: number;
  readonly seconds: number;
  readonly poolSize: number;
  readonly rows: readonly CellSummary[];
  readonly idle: readonly IdleMeasurement[];
  /** Cells that did not run, with the reason. */
  readonly notes: readonly string[];
}

/** Weir's goal for CPU per transaction at 64 clients, plain, against pgbouncer in the same run. */
export const cpuRatioGoal = 1.15;

/** Markdown, ready for docs/benchmarks.md. */
export function writeReport(input: ReportInput): string {
  const queries = input.rows.filter((row) => row.cell.kind === 'queries');
  const churn = input.rows.filter((row) => row.cell.kind === 'churn');
  const single = queries.filter((row) => row.cell.clients === 1);
  const sections = [
    [
      '# Benchmarks',
      '',
      'Written by `pnpm bench --out docs/benchmarks.md`; run it to have your own figures.',
    ],
    [
      '## Where and how',
      '',
      `- date: ${input.date}, command: \`${input.command}\``,
      ...input.machine.map((line) => `- ${line}`),
      ...input.targets.map((target) => `- ${target.name}: ${target.version}`),
      `- \`pgbench -S\`, scale 10, ${input.rounds} interleaved rounds of ${input.seconds} s a run, medians; pool size ${input.poolSize} for both poolers; SCRAM-SHA-256 (with one iteration, so that pgbench does not measure its own hashing), P-256 certificate, TLS to the client only; everything on loopback of one machine`,
      '- CPU is user and system time of the pooler, all its threads, from before pgbench starts until it has ended, divided by its transactions; the square brackets hold the least and the most of the rounds',
      '- «others» is CPU of processes that have no part in the benchmark, in per cent of one core: rows where it is high say little',
      '- «machine» is what a fixed piece of work took before the run, as a multiple of the least it took at any time: 1 is the machine at its best, and where it is far above 1 for many runs somebody else had the machine',
    ],
  ];
  if (queries.length > 0) {
    sections.push(['## CPU per transaction, in µs', '', ...cpuTable(queries), '', ...goalLines(queries)]);
    sections.push(['## Transactions per second', '', ...throughputTable(queries)]);
  }
  for (const [name, title] of otherWays) {
    const rows = [...queries, ...churn].filter((row) => row.targets[name]);
    if (rows.length > 0)
      sections.push([`## ${title}: CPU per transaction, in µs`, '', ...otherWayTable(name, rows)]);
  }
  if (single.length > 0) sections.push(['## Latency with one client, in µs', '', ...latencyTable(single)]);
  if (churn.length > 0) {
    sections.push([
      '## A new connection for each transaction (`-C`, 16 clients)',
      '',
      ...cpuTable(churn),
      '',
      ...throughputTable(churn),
    ]);
  }
  if (input.idle.length > 0) sections.push(['## Memory', '', ...memoryTable(input.idle)]);
  if (input.notes.length > 0)
    sections.push(['## Not measured', '', ...input.notes.map((note) => `- ${note}`)]);
  return `${sections.map((lines) => lines.join('\n').trimEnd()).join('\n\n')}\n`;
}

/** Says for each goal cell whether it was met in this run. */
export function goalLines(rows: readonly CellSummary[]): string[] {
  return rows
    .filter(({ cell }) => cell.clients === 64 && !cell.tls && cell.queryMode !== 'prepared')
    .flatMap(({ cell, cpuRatio }) => {
      if (cpuRatio === null) return [];
      const verdict = cpuRatio <= cpuRatioGoal ? 'met' : 'missed';
      return [
        `Goal for ${cell.name}: at most ${cpuRatioGoal} × pgbouncer; measured ${cpuRatio.toFixed(2)}, ${verdict}.`,
        '',
      ];
    });
}

function cpuTable(rows: readonly CellSummary[]): string[] {
  return table(
    ['cell', 'pgbouncer', 'weir', 'ratio', 'others', 'steal', 'machine'],
    rows.map((row) => [
      row.cell.name,
      cpuText(row.targets.pgbouncer),
      cpuText(row.targets.weir),
      ratioText(row.cpuRatio),
      `${row.othersPercent.toFixed(0)} %`,
      `${row.stealPercent.toFixed(0)} %`,
      `${row.slowness.toFixed(1)} ×`,
    ]),
  );
}

const otherWays = [
  ['weir-node', "The pooler with Node's own sockets"],
  ['weir-bun', 'The pooler on Bun'],
  ['weir-two', 'Two processes under a supervisor'],
] as const;

function otherWayTable(name: TargetName, rows: readonly CellSummary[]): string[] {
  return table(
    ['cell', name, '/ pgbouncer', '/ weir', 'transactions/s, / pgbouncer'],
    rows.map(({ cell, targets }) => {
      const ours = targets[name];
      const over = (other: TargetSummary | undefined) =>
        ratioText(ours?.cpuUs && other?.cpuUs ? ours.cpuUs.median / other.cpuUs.median : null);
      const speed =
        ours && targets.pgbouncer
          ? ours.transactionsPerSecond / targets.pgbouncer.transactionsPerSecond
          : null;
      return [cell.name, cpuText(ours), over(targets.pgbouncer), over(targets.weir), ratioText(speed)];
    }),
  );
}

function throughputTable(rows: readonly CellSummary[]): string[] {
  const text = (row: CellSummary, name: TargetName) =>
    row.targets[name]?.transactionsPerSecond.toFixed(0) ?? 'n/a';
  return table(
    ['cell', 'direct', 'pgbouncer', 'weir', 'weir / pgbouncer'],
    rows.map((row) => [
      row.cell.name,
      text(row, 'direct'),
      text(row, 'pgbouncer'),
      text(row, 'weir'),
      ratioText(row.throughputRatio),
    ]),
  );
}

function latencyTable(rows: readonly CellSummary[]): string[] {
  return table(
    ['cell', 'direct', 'pgbouncer', 'weir', 'pgbouncer adds', 'weir adds'],
    rows.map(({ cell, targets }) => {
      const text = (name: TargetName) => targets[name]?.latencyUs.toFixed(0) ?? 'n/a';
      const added = (name: TargetName) => {
        const through = targets[name];
        return through && targets.direct ? (through.latencyUs - targets.direct.latencyUs).toFixed(0) : 'n/a';
      };
      return [cell.name, text('direct'), text('pgbouncer'), text('weir'), added('pgbouncer'), added('weir')];
    }),
  );
}

function memoryTable(idle: readonly IdleMeasurement[]): string[] {
  return table(
    ['cell', 'pooler', 'clients', 'before, MB', 'per idle client, KB'],
    idle.map((m) => [
      m.cell,
      m.target,
      String(m.clients),
      (m.bytesBefore / 1e6).toFixed(1),
      (m.bytesPerClient / 1e3).toFixed(1),
    ]),
  );
}

function cpuText(summary: TargetSummary | undefined): string {
  if (!summary?.cpuUs) return 'n/a';
  const { median, least, most } = summary.cpuUs;
  return `${median.toFixed(1)} [${least.toFixed(1)}–${most.toFixed(1)}]`;
}

function ratioText(ratio: number | null): string {
  return ratio === null ? 'n/a' : ratio.toFixed(2);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)];
}
