// The words `pnpm bench` understands, and their defaults; nothing is started here.
import { parseArgs } from 'node:util';
import { defaultTargets, type TargetName, targetNames } from './target.ts';

/** What one run of the benchmark is to do. */
export interface BenchOptions {
  readonly rounds: number;
  /** Length of one pgbench run. */
  readonly seconds: number;
  /** Only cells whose name contains one of these; empty: all of them. */
  readonly cellFilter: readonly string[];
  readonly targets: readonly TargetName[];
  /** Markdown file to write; null: only the terminal. */
  readonly outFile: string | null;
  /** Every single measurement as JSON, for comparing runs later. */
  readonly rawFile: string | null;
  readonly idleClients: number;
  readonly quick: boolean;
  /** Another pgbouncer than that of PATH; null: that one. */
  readonly pgbouncer: string | null;
  /** How long each run may wait for a shared machine to be as fast as it was at its best. */
  readonly patienceSeconds: number;
}

export const usage = `usage: pnpm bench [options]
  --rounds N          interleaved rounds (default 7)
  --seconds N         length of one pgbench run (default 2)
  --cells A,B         only cells whose name contains A or B, for instance simple-c64,churn,idle
  --targets A,B       of direct, pgbouncer, weir (the default), weir-node (its pooler with
                      Node's own sockets), weir-bun (its pooler on Bun) and weir-two (two
                      processes, whose CPU for a transaction is to be at most 1.15 of weir's)
  --pgbouncer PATH    the peer, if not the one on PATH; built with optimisation, or nothing is published
  --out FILE          write the tables as Markdown, for instance docs/benchmarks.md, and charts beside it
  --raw FILE          write every measurement as JSON
  --idle-clients N    clients opened for the memory cells (default 2000)
  --patience N        seconds that each run waits at most for a shared machine to be at its best (default 20)
  --quick             one round of one second, fewer cells, 200 idle clients: shows that it runs, proves nothing
`;

/** Thrown for words that the benchmark does not understand; the message is for the terminal. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Parses the command line. Returns null when help was asked for; throws UsageError. */
export function parseOptions(argv: readonly string[]): BenchOptions | null {
  let values: ReturnType<typeof readArguments>;
  try {
    values = readArguments(argv);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return null;
  const quick = values.quick ?? false;
  const targets = splitList(values.targets);
  for (const target of targets) {
    if (!(targetNames as readonly string[]).includes(target))
      throw new UsageError(`unknown target ${target}`);
  }
  return {
    rounds: positive('rounds', values.rounds, quick ? 1 : 7),
    seconds: positive('seconds', values.seconds, quick ? 1 : 2),
    cellFilter: splitList(values.cells),
    targets: targets.length > 0 ? (targets as TargetName[]) : defaultTargets,
    outFile: values.out ?? null,
    rawFile: values.raw ?? null,
    idleClients: positive('idle-clients', values['idle-clients'], quick ? 200 : 2000),
    quick,
    pgbouncer: values.pgbouncer ?? null,
    patienceSeconds: positive('patience', values.patience, quick ? 1 : 20),
  };
}

function readArguments(argv: readonly string[]) {
  return parseArgs({
    // pnpm hands its own `--` on to the script.
    args: argv.filter((word) => word !== '--'),
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      cells: { type: 'string' },
      targets: { type: 'string' },
      out: { type: 'string' },
      raw: { type: 'string' },
      'idle-clients': { type: 'string' },
      patience: { type: 'string' },
      pgbouncer: { type: 'string' },
      quick: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;
}

function splitList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function positive(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--${name} takes a whole number above zero, not ${text}`);
  return value;
}
