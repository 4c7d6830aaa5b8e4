// `pnpm sim:scale`: measures a Redis, simulates an installation on what that costs, and writes what follows from it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, type ScaleOptions, usage } from './options.ts';
import { measureRedis } from './redis-cost.ts';
import { writeReport } from './report.ts';
import { simulate } from './simulate.ts';

/** What else is looked at, one cell of each. */
function otherShapes(options: ScaleOptions): ScaleOptions[] {
  const { cells, nodes } = options;
  return [
    { ...options, cells: cells * 2 },
    { ...options, cells: Math.ceil(cells / 2), nodes: nodes * 2 },
    { ...options, spread: 2 },
    { ...options, spread: 1 },
  ];
}

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
    const variants = otherShapes(options).map((shape) => {
      process.stderr.write(`another shape: ${shape.cells} cells of ${shape.nodes} nodes\n`);
      return { options: shape, calm: simulate({ ...shape, lossSeconds: 0 }, redis.cost, 1).calm };
    });
    const report = writeReport({
      date: new Date().toISOString().slice(0, 10),
      command: ['pnpm sim:scale', ...argv].join(' '),
      options,
      redis,
      result,
      variants: [{ options, calm: result.cells[0]!.calm }, ...variants],
    });
    process.stdout.write(report);
    if (outFile !== null) writeFileSync(outFile, report);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
