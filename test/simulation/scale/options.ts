// The words that `pnpm sim:scale` understands, and their defaults; nothing is started here.
import { parseArgs } from 'node:util';

/** What is simulated. Times in simulated seconds. */
export interface ScaleOptions {
  readonly tenants: number;
  readonly clients: number;
  readonly cells: number;
  /** Of one cell. */
  readonly nodes: number;
  /** Of one node. */
  readonly processes: number;
  /** A tenant's clients come to no more processes of their cell than this; 0: to any. */
  readonly spread: number;
  /** Exponent of Zipf's law: a tenant's clients are in proportion to rank to the power of minus this. */
  readonly zipf: number;
  /** Between two transactions of a client whose tenant is awake, on average. */
  readonly thinkSeconds: number;
  /** Of a client connection, on average. */
  readonly lifetimeSeconds: number;
  readonly warmUpSeconds: number;
  /** What is measured while nothing goes wrong. */
  readonly seconds: number;
  /** So long each loss is watched, in the first cell only. */
  readonly lossSeconds: number;
  readonly seed: number;
}

export const defaultOptions: ScaleOptions = {
  tenants: 1_000_000,
  clients: 1_000_000,
  cells: 16,
  nodes: 2,
  processes: 4,
  spread: 0,
  zipf: 1,
  thinkSeconds: 20,
  lifetimeSeconds: 300,
  warmUpSeconds: 8,
  seconds: 10,
  lossSeconds: 15,
  seed: 1,
};

const words: Readonly<Record<keyof ScaleOptions, readonly [word: string, meaning: string]>> = {
  tenants: ['tenants', 'tenants of the installation'],
  clients: ['clients', 'client connections of all of them together'],
  cells: ['cells', 'cells that share the tenants'],
  nodes: ['nodes', 'nodes of a cell'],
  processes: ['processes', 'processes of a node'],
  spread: ['spread', 'most processes that the clients of one tenant come to; 0: all of their cell'],
  zipf: ['zipf', "exponent of Zipf's law for the sizes of tenants"],
  thinkSeconds: ['think', 'seconds between two transactions of a client that works'],
  lifetimeSeconds: ['lifetime', 'seconds that a client connection lasts'],
  warmUpSeconds: ['warm-up', 'seconds simulated before anything is counted'],
  seconds: ['seconds', 'seconds that are counted in each cell'],
  lossSeconds: ['loss-seconds', 'seconds that are counted after each loss; 0: nothing is lost'],
  seed: ['seed', 'the seed of all chance'],
};

export const usage = `usage: pnpm sim:scale [options]
${Object.entries(words)
  .map(
    ([key, [word, meaning]]) =>
      `  --${`${word} N`.padEnd(18)}${meaning} (${defaultOptions[key as keyof ScaleOptions]})`,
  )
  .join('\n')}
  --out FILE          writes the page as Markdown, for instance docs/scale.md
`;

/** Parses the command line. Throws an Error whose message is for the terminal. */
export function parseOptions(argv: readonly string[]): { options: ScaleOptions; outFile: string | null } {
  const entries = Object.entries(words) as [keyof ScaleOptions, readonly [string, string]][];
  const { values } = parseArgs({
    args: [...argv],
    options: {
      ...Object.fromEntries(entries.map(([, [word]]) => [word, { type: 'string' as const }])),
      out: { type: 'string' },
    },
  });
  const options = { ...defaultOptions };
  for (const [key, [word]] of entries) {
    const value = (values as Readonly<Record<string, string | undefined>>)[word];
    if (value === undefined) continue;
    const number = Number(value);
    if (!Number.isFinite(number) || number < 0) throw new Error(`--${word} must be a number, not ${value}`);
    options[key] = number;
  }
  return { options, outFile: values.out ?? null };
}
