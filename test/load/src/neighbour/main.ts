// `pnpm bench:neighbour`: what fifty quiet tenants notice of one that storms. The same program is its load generators.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runNoisy } from './noisy-clients.ts';
import { runQuiet } from './quiet-clients.ts';
import { isMet, type NeighbourReport, writeNeighbourReport } from './report.ts';
import { type NeighbourOptions, runNeighbour } from './run.ts';

const usage = `usage: pnpm bench:neighbour [options]
  --rounds N       with and without the storm, interleaved (default 5)
  --seconds N      length of a round (default 10)
  --quiet N        quiet tenants (default 50)
  --clients N      of the noisy tenant (default 5000)
  --nice N         how far the storm's generators and database yield the core, 0 to 19 (default 19)
  --env NAME=VALUE more environment of the pooler; may be given again
  --out FILE       write the tables as Markdown, for instance docs/noisy-neighbour.md
It ends with 1 if the goal was missed.
`;

function readOptions(argv: readonly string[]): (NeighbourOptions & { outFile: string | null }) | null {
  const { values } = parseArgs({
    args: argv.filter((word) => word !== '--'),
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '10' },
      quiet: { type: 'string', default: '50' },
      clients: { type: 'string', default: '5000' },
      nice: { type: 'string', default: '19' },
      env: { type: 'string', multiple: true, default: [] },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  const number = (name: 'rounds' | 'seconds' | 'quiet' | 'clients') => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1)
      throw new Error(`--${name} takes a whole number above zero, not ${values[name]}`);
    return value;
  };
  return {
    rounds: number('rounds'),
    seconds: number('seconds'),
    quietTenants: number('quiet'),
    noisyClients: number('clients'),
    noisyNice: Number(values.nice),
    poolerEnv: Object.fromEntries(values.env.map((pair) => pair.split(/=(.*)/s, 2) as [string, string])),
    outFile: values.out ?? null,
  };
}

async function bench(argv: readonly string[]): Promise<void> {
  const options = readOptions(argv);
  if (options === null) {
    process.stdout.write(usage);
    return;
  }
  const measured = await runNeighbour(options, (line) => process.stderr.write(`${line}\n`));
  const report: NeighbourReport = {
    command: ['pnpm bench:neighbour', ...argv.filter((word) => word !== '--')].join(' '),
    date: new Date().toISOString().slice(0, 10),
    ...measured,
  };
  const text = writeNeighbourReport(report);
  process.stdout.write(`\n${text}`);
  if (options.outFile !== null) writeFileSync(options.outFile, text);
  if (!isMet(report)) process.exitCode = 1;
}

const [kind, target, clients] = process.argv.slice(2);
if (kind === 'quiet') await runQuiet(JSON.parse(target!));
else if (kind === 'noisy') await runNoisy(JSON.parse(target!), Number(clients));
else await bench(process.argv.slice(2));
