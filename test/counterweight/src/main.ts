// `pnpm counterweight`: real ORMs on the pooled host, and whether they still share their server connections.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { temporaryDirectory, testCacheDirectory } from '@weir/harness';
import { measureStack } from './measure-stack.ts';
import { nodeStacks } from './node-stacks.ts';
import { otherStacks } from './other-stacks.ts';
import { reportOf, type Skipped, summaryOf } from './report.ts';
import { isAccepted, type Measured } from './stack.ts';

const usage = `usage: pnpm counterweight [options]
  --stacks A,B      only stacks whose name contains A or B, in any case (default: all)
  --clients N       client connections of each stack (default 120)
  --pool-size N     shared server connections (default 2)
  --seconds N       time for which each is measured (default 15)
  --pause N         milliseconds between two calls of a client, on average (default 1000)
  --out FILE        write the table as Markdown, for instance docs/counterweight.md
`;

// From its source, and from a bundle in dist/.
const here = dirname(fileURLToPath(import.meta.url));
const root = existsSync(join(here, 'counterweight.mjs')) ? dirname(here) : join(here, '..', '..', '..');

async function main(): Promise<void> {
  const words = process.argv.slice(2).filter((word) => word !== '--');
  const { values } = parseArgs({
    args: words,
    options: {
      stacks: { type: 'string', default: '' },
      clients: { type: 'string', default: '120' },
      'pool-size': { type: 'string', default: '2' },
      seconds: { type: 'string', default: '15' },
      pause: { type: 'string', default: '1000' },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const poolSize = Number(values['pool-size']);
  const load = {
    clients: Number(values.clients),
    poolSize,
    seconds: Number(values.seconds),
    pauseMs: Number(values.pause),
  };
  const cacheDir = testCacheDirectory('counterweight');
  mkdirSync(cacheDir, { recursive: true });
  const folder = join(root, 'test', 'counterweight');
  const wanted = values.stacks.toLowerCase().split(',');
  const rows: Measured[] = [];
  const skipped: Skipped[] = [];
  let broken = false;
  for (const stack of [...nodeStacks, ...otherStacks]) {
    if (!wanted.some((word) => stack.name.toLowerCase().includes(word))) continue;
    const scratch = temporaryDirectory('counterweight');
    const where = { folder, cacheDir, scratchDir: scratch.path };
    try {
      const prepared = stack.prepare(where);
      if ('missing' in prepared) {
        skipped.push({ stack: stack.name, why: prepared.missing });
        console.log(`${stack.name}: skipped: ${prepared.missing}`);
        continue;
      }
      const measured = await measureStack(stack.name, prepared, load);
      rows.push(measured);
      console.log(summaryOf(measured));
      for (const suspect of measured.suspects) console.log(`  ${suspect}`);
    } catch (error) {
      broken = true;
      skipped.push({ stack: stack.name, why: `it could not be measured: ${(error as Error).message}` });
      console.error(`${stack.name}: could not be measured: ${(error as Error).message}`);
    } finally {
      scratch.remove();
    }
  }
  const report = reportOf({
    command: ['pnpm counterweight', ...words].join(' '),
    date: new Date().toISOString().slice(0, 10),
    load,
    rows,
    skipped,
  });
  if (values.out !== undefined) writeFileSync(values.out, report);
  if (broken || rows.some((one) => !isAccepted(one))) process.exitCode = 1;
}

await main();
