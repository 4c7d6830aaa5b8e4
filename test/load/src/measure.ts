// One measurement: a load cell at one target, with the pooler's CPU and the noise of the machine beside it.
import type { LoadCell } from './cell.ts';
import type { MachineSpeed } from './machine-speed.ts';
import { type Latency, runPgbench } from './pgbench.ts';
import { machineCpu, noiseBetween, processCpuUs } from './proc.ts';
import type { Target, TargetName } from './target.ts';

/** Everything one pgbench run told us. */
export interface Measurement {
  readonly cell: string;
  readonly target: TargetName;
  readonly round: number;
  readonly transactions: number;
  readonly transactionsPerSecond: number;
  readonly latency: Latency;
  /** User and system time of the pooler's processes divided by transactions; null for Postgres itself. */
  readonly cpuUsPerTransaction: number | null;
  /** CPU of processes that have no part in the benchmark, in per cent of one core. */
  readonly othersPercent: number;
  readonly stealPercent: number;
  /** What the machine's probe took before the run, as a multiple of the shortest of the whole benchmark. */
  readonly slowness: number;
}

/** Runs the cell once. Rejects with PgbenchError. */
export async function measure(
  pgbench: string,
  target: Target,
  cell: LoadCell,
  round: number,
  seconds: number,
  speed: MachineSpeed,
): Promise<Measurement> {
  const probe = await speed.whenFast();
  const machineBefore = machineCpu();
  const cpuBefore = totalCpuUs(target);
  const result = await runPgbench(pgbench, target.address, cell, seconds);
  const cpuAfter = totalCpuUs(target);
  const machineAfter = machineCpu();
  return {
    cell: cell.name,
    target: target.name,
    round,
    transactions: result.transactions,
    transactionsPerSecond: result.transactionsPerSecond,
    latency: result.latency,
    cpuUsPerTransaction: target.pids.length === 0 ? null : (cpuAfter - cpuBefore) / result.transactions,
    ...noiseBetween(machineBefore, machineAfter),
    slowness: probe / speed.bestMs,
  };
}

function totalCpuUs(target: Target): number {
  return target.pids.reduce((sum, pid) => sum + processCpuUs(pid), 0);
}
