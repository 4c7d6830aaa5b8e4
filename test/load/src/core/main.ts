// `pnpm bench:core`: what one ordinary transaction costs, in instructions and system calls, here and in another folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle, type Program } from './bundle.ts';
import { Counted, strace, type Tool, valgrind } from './count.ts';
import { endpointId, password } from './endpoint.ts';
import { type FakePostgres, startFakePostgres } from './fake-postgres.ts';
import { runLoad } from './load-clients.ts';
import { type TrafficName, trafficNames, trafficOf } from './traffic.ts';

const usage = `usage: pnpm bench:core [options]
  --base DIR        compare with what stands in DIR: a worktree of another commit, installed and built
  --measure A,B     of core (the pooling core alone), pooler (the whole process), calls (its system calls); default all
  --kinds A,B       of ${trafficNames.join(', ')}; default all
  --rounds N        times that each count is made (default 3)
  --clients N       (default 64)
  --servers N       (default 20)
`;

const measures = ['core', 'pooler', 'calls'] as const;
type Measure = (typeof measures)[number];

/** Requests of the shorter and the longer run: what both have in common, start and warm-up, falls out. */
const lengths: Readonly<Record<Measure, readonly [number, number]>> = {
  core: [60_000, 100_000],
  pooler: [60_000, 90_000],
  calls: [5_000, 25_000],
};

interface Options {
  readonly base: string | null;
  readonly measures: readonly Measure[];
  readonly kinds: readonly TrafficName[];
  readonly rounds: number;
  readonly clients: number;
  readonly servers: number;
}

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((word) => word !== '--'),
    options: {
      base: { type: 'string' },
      measure: { type: 'string', default: measures.join(',') },
      kinds: { type: 'string', default: trafficNames.join(',') },
      rounds: { type: 'string', default: '3' },
      clients: { type: 'string', default: '64' },
      servers: { type: 'string', default: '20' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  return {
    base: values.base === undefined ? null : resolve(values.base),
    measures: measures.filter((one) => values.measure.split(',').includes(one)),
    kinds: trafficNames.filter((one) => values.kinds.split(',').includes(one)),
    rounds: Number(values.rounds),
    clients: Number(values.clients),
    servers: Number(values.servers),
  };
}

/** Counts in one folder, or, with `nothing`, what clients and servers cost by themselves. */
class Bench {
  private readonly options: Options;
  private readonly directory: string;
  private readonly postgres: FakePostgres;
  private readonly bundles = new Map<string, Promise<string>>();

  constructor(options: Options, directory: string, postgres: FakePostgres) {
    this.options = options;
    this.directory = directory;
    this.postgres = postgres;
  }

  /** Per transaction. The lengths differ a little from round to round, so that no round repeats the one before. */
  async perTransaction(
    measure: Measure,
    kind: TrafficName,
    folder: string,
    nothing = false,
  ): Promise<Spread> {
    const counts: number[] = [];
    for (let round = 0; round < this.options.rounds; round++) {
      const requests = trafficOf(kind).requests.length;
      const [short, long] = lengths[measure].map((length) => Math.round(length / requests) + round * 640) as [
        number,
        number,
      ];
      const less = await this.once(measure, kind, folder, nothing, short);
      const more = await this.once(measure, kind, folder, nothing, long);
      counts.push((more - less) / (long - short));
    }
    counts.sort((a, b) => a - b);
    return { median: counts[counts.length >> 1]!, least: counts[0]!, most: counts.at(-1)! };
  }

  private async once(
    measure: Measure,
    kind: TrafficName,
    folder: string,
    nothing: boolean,
    transactions: number,
  ): Promise<number> {
    const file = join(this.directory, 'counts');
    const { clients, servers } = this.options;
    if (measure === 'core') {
      const words = [nothing ? 'nothing' : 'core', kind, transactions, clients, servers].map(String);
      return new Counted(valgrind(), file, await this.bundleOf('drive-core', folder), words).count();
    }
    const tool = measure === 'calls' ? strace(file) : valgrind();
    return this.pooler(tool, file, kind, folder, transactions);
  }

  private async pooler(tool: Tool, file: string, kind: TrafficName, folder: string, transactions: number) {
    const program = await this.bundleOf('pooler-host', folder);
    const words = [folder, String(this.postgres.port), String(this.options.servers)];
    const counted = new Counted(tool, file, program, words);
    const [port, pid] = (await counted.firstLine()).split(' ').map(Number) as [number, number];
    try {
      const target = { port, user: `shop.${endpointId}-pooler`, password };
      await runLoad(target, trafficOf(kind), this.options.clients, transactions);
    } finally {
      process.kill(pid, 'SIGTERM');
    }
    return counted.count();
  }

  private bundleOf(program: Program, folder: string): Promise<string> {
    const key = `${program} ${folder}`;
    let made = this.bundles.get(key);
    if (made === undefined) {
      made = bundle(program, folder, this.directory, String(this.bundles.size));
      this.bundles.set(key, made);
    }
    return made;
  }
}

const titles: Readonly<Record<Measure, string>> = {
  core: 'instructions of the pooling core',
  pooler: 'instructions of the whole pooler',
  calls: 'system calls of the pooler',
};

async function compare(bench: Bench, options: Options): Promise<void> {
  const here = fileURLToPath(new URL('../../../../', import.meta.url));
  for (const measure of options.measures) {
    const digits = measure === 'calls' ? 2 : 0;
    say(`\n| ${titles[measure]} per transaction | base | here | growth |\n|---|---|---|---|`);
    for (const kind of options.kinds) {
      // Of the core's figure the clients' and servers' own work is taken off.
      const own = measure === 'core' ? (await bench.perTransaction(measure, kind, here, true)).median : 0;
      const base =
        options.base === null ? null : await bench.perTransaction(measure, kind, options.base, false);
      const now = await bench.perTransaction(measure, kind, here, false);
      const shown = ({ median, least, most }: Spread) =>
        `${(median - own).toFixed(digits)} [${(least - own).toFixed(digits)}–${(most - own).toFixed(digits)}]`;
      const growth = base === null ? 'n/a' : percent((now.median - own) / (base.median - own) - 1);
      say(`| ${kind} | ${base === null ? 'n/a' : shown(base)} | ${shown(now)} | ${growth} |`);
    }
  }
}

function percent(part: number): string {
  return `${part >= 0 ? '+' : '−'}${Math.abs(part * 100).toFixed(1)} %`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === null) return say(usage);
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-core-'));
  const postgres = await startFakePostgres();
  try {
    await compare(new Bench(options, directory, postgres), options);
  } finally {
    postgres.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
