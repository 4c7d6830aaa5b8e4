// The benchmark's report as Markdown: what ran where, the tables, and how to read them.
import { barChart } from './bar-chart.ts';
import type { IdleMeasurement } from './idle-memory.ts';
import type { CellSummary, TargetSummary } from './summary.ts';
import { type Target, type TargetName, targetNames } from './target.ts';

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
  /** Files of charts that stand beside the report. */
  readonly charts: readonly string[];
}

/** Weir's goal for CPU per transaction at 64 clients, plain, against pgbouncer in the same run. */
export const cpuRatioGoal = 1.15;
const goalCells = ['simple-c64-plain', 'extended-c64-plain'];

/** Markdown, ready for docs/benchmarks.md. */
export function writeReport(input: ReportInput): string {
  const queries = input.rows.filter((row) => row.cell.kind === 'queries');
  const churn = input.rows.filter((row) => row.cell.kind === 'churn');
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
      `- \`pgbench -S\` (or what the cell's name says: TPC-B, ten selects in a pipeline, a result of a megabyte), scale 10, ${input.rounds} interleaved rounds of ${input.seconds} s a run, medians; pool size ${input.poolSize} for both poolers; SCRAM-SHA-256 (with one iteration, so that pgbench does not measure its own hashing), P-256 certificate, TLS to the client only; everything on loopback of one machine`,
      '- CPU is user and system time of the pooler, all its threads, from before pgbench starts until it has ended, divided by its transactions; the square brackets hold the least and the most of the rounds',
      '- «others» is CPU of processes that have no part in the benchmark, in per cent of one core: rows where it is high say little',
      '- «machine» is what a fixed piece of work took before the run, as a multiple of the least it took at any time: 1 is the machine at its best, and where it is far above 1 for many runs somebody else had the machine',
    ],
  ];
  if (input.charts.length > 0)
    sections.push(['## Charts', '', ...input.charts.map((file) => `![${file}](${file})`)]);
  if (queries.length > 0) {
    sections.push(['## CPU per transaction, in µs', '', ...cpuTable(queries), '', ...goalLines(queries)]);
    sections.push(['## Transactions per second', '', ...throughputTable(queries)]);
  }
  for (const [name, title] of otherWays) {
    const rows = [...queries, ...churn].filter((row) => row.targets[name]);
    if (rows.length > 0)
      sections.push([`## ${title}: CPU per transaction, in µs`, '', ...otherWayTable(name, rows)]);
  }
  if (queries.length > 0) {
    sections.push(['## Latency, in µs: half of the transactions / 99 of 100', '', ...latencyTable(queries)]);
    const queued = queries.filter(({ cell }) => cell.clients >= fairFrom);
    if (queued.length > 0)
      sections.push(['## Fairness: the longest transaction, in medians', '', ...fairnessTable(queued)]);
  }
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

// Told apart by people who see colours otherwise, on white and on black alike.
const colours: Readonly<Record<TargetName, string>> = {
  direct: '#8a8f98',
  pgbouncer: '#d97706',
  weir: '#2563eb',
  'weir-node': '#0d9488',
  'weir-bun': '#be185d',
  'weir-two': '#7c3aed',
};

/** Charts of a report, by the end of their file's name. */
export function writeCharts(rows: readonly CellSummary[]): ReadonlyMap<string, string> {
  const charts = new Map<string, string>();
  const names = targetNames.filter((name) => rows.some(({ targets }) => targets[name]));
  const poolers = names.filter((name) => name !== 'direct');
  const chart = (
    file: string,
    title: string,
    caption: string,
    series: readonly TargetName[],
    figureOf: (summary: TargetSummary) => number | null,
  ): void => {
    const groups = rows.map(({ cell, targets }) => ({
      name: cell.name,
      values: series.map((name) => (targets[name] ? figureOf(targets[name]) : null)),
    }));
    const coloured = series.map((name) => ({ name, colour: colours[name] }));
    if (groups.length > 0 && series.length > 0)
      charts.set(
        file,
        barChart({ title, caption, series: coloured, groups, figure: (value) => value.toFixed(0) }),
      );
  };
  chart('cpu', 'CPU per transaction', 'µs of the pooler, less is better', poolers, ({ cpuUs }) =>
    cpuUs === null ? null : cpuUs.median,
  );
  chart(
    ...(['throughput', 'Transactions per second', 'more is better'] as const),
    names,
    ({ transactionsPerSecond }) => transactionsPerSecond,
  );
  chart(
    ...(['latency', 'Latency, 99 of 100 transactions', 'µs, less is better'] as const),
    names,
    ({ latency }) => latency.p99Us,
  );
  return charts;
}

/** Says for each goal cell whether it was met in this run. */
export function goalLines(rows: readonly CellSummary[]): string[] {
  return rows
    .filter(({ cell }) => goalCells.includes(cell.name))
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
    rows.map(({ cell, targets: { direct, pgbouncer, weir } }) => {
      const text = (through: TargetSummary | undefined) =>
        through ? `${through.latency.p50Us.toFixed(0)} / ${through.latency.p99Us.toFixed(0)}` : 'n/a';
      const added = (through: TargetSummary | undefined) =>
        through && direct ? (through.latency.p50Us - direct.latency.p50Us).toFixed(0) : 'n/a';
      return [cell.name, text(direct), text(pgbouncer), text(weir), added(pgbouncer), added(weir)];
    }),
  );
}

/** So many clients queue for a server connection, and who waits longest is worth a look. */
const fairFrom = 64;

function fairnessTable(rows: readonly CellSummary[]): string[] {
  const text = (through: TargetSummary | undefined) =>
    through ? (through.latency.longestUs / through.latency.p50Us).toFixed(1) : 'n/a';
  return table(
    ['cell', 'pgbouncer', 'weir'],
    rows.map(({ cell, targets }) => [cell.name, text(targets.pgbouncer), text(targets.weir)]),
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
