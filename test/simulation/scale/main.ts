// `pnpm sim:scale`: measures a Redis, simulates an installation on what that costs, and writes what follows from it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, usage } from './options.ts';
import { measureRedis } from './redis-cost.ts';
import { writeReport } from './report.ts';
import { simulate } from './simulate.ts';

/** A tenant's clients at so many processes at most, for what would be if. */
const fewerProcesses = [4, 1];

const argv = process.argv.slice(2);
if (argv.includes('--help')) process.stdout.write(usage);
else await main();

async function main(): Promise<void> {
  const { options, outFile } = parseOptions(argv);
  const directory = mkdtempSync(join(tmpdir(), 'weir-scale-'));
  try {
    process.stderr.write('measuring Redis\n');
    const redis = await measureRedis(directory);
    const result = simulate(options, redis.cost, options.cells, (cell) =>
      process.stderr.write(`cell ${cell + 1} of ${options.cells} is done\n`),
    );
    const spreads = fewerProcesses.map((spread) => {
      process.stderr.write(`a tenant's clients at ${spread} processes at most\n`);
      const { calm } = simulate({ ...options, spread, lossSeconds: 0 }, redis.cost, 1);
      return { spread, calm };
    });
    const report = writeReport({
      date: new Date().toISOString().slice(0, 10),
      command: ['pnpm sim:scale', ...argv].join(' '),
      options,
      redis,
      result,
      spreads: [{ spread: options.spread, calm: result.cells[0]!.calm }, ...spreads],
    });
    process.stdout.write(report);
    if (outFile !== null) writeFileSync(outFile, report);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
