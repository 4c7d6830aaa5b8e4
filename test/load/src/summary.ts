// Turns single measurements into one row a cell: medians, ranges and ratios to pgbouncer.
import type { LoadCell } from './cell.ts';
import type { Measurement } from './measure.ts';
import type { Latency } from './pgbench.ts';
import { median, range } from './statistics.ts';
import { type TargetName, targetNames } from './target.ts';

/** Medians of one cell at one target. */
export interface TargetSummary {
  readonly runs: number;
  readonly transactionsPerSecond: number;
  readonly latency: Latency;
  /** Null where the target is Postgres itself. */
  readonly cpuUs: { readonly median: number; readonly least: number; readonly most: number } | null;
}

/** One row of the table. */
export interface CellSummary {
  readonly cell: LoadCell;
  readonly targets: Readonly<Partial<Record<TargetName, TargetSummary>>>;
  /** Medians of Weir divided by medians of pgbouncer; null where one of them did not run. */
  readonly cpuRatio: number | null;
  readonly throughputRatio: number | null;
  /** Median over all runs of the cell. */
  readonly othersPercent: number;
  readonly stealPercent: number;
  readonly slowness: number;
}

/** Rows in the order of the cells; cells without a single measurement are left out. */
export function summarise(cells: readonly LoadCell[], measurements: readonly Measurement[]): CellSummary[] {
  const rows: CellSummary[] = [];
  for (const cell of cells) {
    const ofCell = measurements.filter((m) => m.cell === cell.name);
    if (ofCell.length === 0) continue;
    const targets: Partial<Record<TargetName, TargetSummary>> = {};
    for (const name of targetNames) {
      const runs = ofCell.filter((m) => m.target === name);
      if (runs.length > 0) targets[name] = summariseRuns(runs);
    }
    const { weir, pgbouncer } = targets;
    rows.push({
      cell,
      targets,
      cpuRatio: weir?.cpuUs && pgbouncer?.cpuUs ? weir.cpuUs.median / pgbouncer.cpuUs.median : null,
      throughputRatio:
        weir && pgbouncer ? weir.transactionsPerSecond / pgbouncer.transactionsPerSecond : null,
      othersPercent: median(ofCell.map((m) => m.othersPercent)),
      stealPercent: median(ofCell.map((m) => m.stealPercent)),
      slowness: median(ofCell.map((m) => m.slowness)),
    });
  }
  return rows;
}

function summariseRuns(runs: readonly Measurement[]): TargetSummary {
  const cpu = runs.map((run) => run.cpuUsPerTransaction).filter((value) => value !== null);
  return {
    runs: runs.length,
    transactionsPerSecond: median(runs.map((run) => run.transactionsPerSecond)),
    latency: {
      p50Us: median(runs.map(({ latency }) => latency.p50Us)),
      p99Us: median(runs.map(({ latency }) => latency.p99Us)),
      longestUs: median(runs.map(({ latency }) => latency.longestUs)),
    },
    cpuUs: cpu.length > 0 ? { median: median(cpu), ...range(cpu) } : null,
  };
}
