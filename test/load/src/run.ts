// The order of a benchmark run: warm up, interleaved rounds, memory. Which servers there are is decided elsewhere.
import { idleCells, type LoadCell, loadCells } from './cell.ts';
import { type IdleMeasurement, idleClientsPossible, measureIdle } from './idle-memory.ts';
import { MachineSpeed } from './machine-speed.ts';
import { type Measurement, measure } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { PgbenchError } from './pgbench.ts';
import type { Target } from './target.ts';

/** What a run brought. */
export interface RunResult {
  readonly cells: readonly LoadCell[];
  readonly measurements: readonly Measurement[];
  readonly idle: readonly IdleMeasurement[];
  readonly notes: readonly string[];
}

/** Measures every cell at every target. `say` gets one line a measurement; `stopped` ends the run between two. */
export async function runBenchmark(
  pgbench: string,
  targets: readonly Target[],
  options: BenchOptions,
  say: (line: string) => void,
  stopped: AbortSignal,
): Promise<RunResult> {
  const cells = loadCells(options.cellFilter, options.quick);
  const notes = new Set<string>();
  const measurements: Measurement[] = [];
  const speed = new MachineSpeed(options.patienceSeconds * 1000);
  await warmUp(pgbench, targets, cells, speed, say);
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [index, cell] of cells.entries()) {
      // Who goes first changes from cell to cell and from round to round: a drift of the machine then hits everybody alike.
      for (const target of rotate(targets, round + index)) {
        stopped.throwIfAborted();
        const refusal = target.refuses(cell);
        if (refusal !== null) {
          notes.add(`${cell.name} through ${target.name}: ${refusal}`);
          continue;
        }
        try {
          const measurement = await measure(pgbench, target, cell, round, options.seconds, speed);
          measurements.push(measurement);
          say(describe(measurement, options.rounds));
        } catch (error) {
          // A run that failed is told of, not repeated until it fits.
          if (!(error instanceof PgbenchError)) throw error;
          notes.add(`${cell.name} through ${target.name}, round ${round}: ${error.message}`);
          say(error.message);
        }
      }
    }
  }
  const idle: IdleMeasurement[] = [];
  const clients = idleClientsPossible(options.idleClients);
  if (clients < options.idleClients)
    notes.add(`more than ${clients} idle clients: the open-file limit of this shell`);
  for (const cell of idleCells(options.cellFilter)) {
    for (const target of targets) {
      if (target.pids.length === 0) continue;
      stopped.throwIfAborted();
      const measurement = await measureIdle(target, cell, clients);
      idle.push(measurement);
      say(`${cell.name} ${target.name}: ${(measurement.bytesPerClient / 1e3).toFixed(1)} KB a client`);
    }
  }
  return { cells, measurements, idle, notes: [...notes] };
}

// Long enough that a slow machine gets past forking its first servers.
const warmUpSeconds = 3;
// A process compiles what a login does over its first thirty thousand, and lives for days.
const churnWarmUpSeconds = 10;

// Pools are filled and code is compiled before the first figure counts.
async function warmUp(
  pgbench: string,
  targets: readonly Target[],
  cells: readonly LoadCell[],
  speed: MachineSpeed,
  say: (line: string) => void,
): Promise<void> {
  const kinds = new Map<string, LoadCell>();
  for (const cell of cells) {
    if (cell.kind === 'queries')
      kinds.set(`${cell.script}-${cell.queryMode}-${cell.tls}`, { ...cell, clients: 32 });
    else kinds.set(cell.name, cell);
  }
  for (const target of targets) {
    if (kinds.size > 0) say(`warming up ${target.name}`);
    for (const cell of kinds.values()) {
      if (target.refuses(cell) !== null) continue;
      const seconds = cell.kind === 'churn' ? churnWarmUpSeconds : warmUpSeconds;
      // A machine too slow to warm up in time says so again in the rounds.
      await measure(pgbench, target, cell, 0, seconds, speed).catch((error) => say(String(error)));
    }
  }
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function describe(m: Measurement, rounds: number): string {
  const cpu = m.cpuUsPerTransaction === null ? '' : `, ${m.cpuUsPerTransaction.toFixed(1)} µs CPU`;
  const tps = m.transactionsPerSecond.toFixed(0);
  return `round ${m.round}/${rounds} ${m.cell} ${m.target}: ${tps} tps${cpu}, others ${m.othersPercent.toFixed(0)} %, machine ${m.slowness.toFixed(1)} × its best`;
}
