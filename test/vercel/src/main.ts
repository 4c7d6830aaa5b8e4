// `pnpm vercel`: cold connects of functions begun within one second, and how long each took to its first row.
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startWeir, temporaryDirectory } from '@weir/harness';
import { bundleFunction, copyProject } from './bundle-function.ts';
import { coldConnects } from './cold-connects.ts';

const usage = `usage: pnpm vercel [options]
  --connects N   instances that start cold (default 1000)
  --within MS    over how long they are begun (default 1000)
  --hosts N      processes that hold them (default 2)
  --budget N     server connections of the endpoint (default 20)
  --function F   pg, postgres-js or drizzle (default pg)
`;

// From its source, and from a bundle in dist/.
const here = dirname(fileURLToPath(import.meta.url));
const root = existsSync(join(here, 'vercel.mjs')) ? dirname(here) : join(here, '..', '..', '..');
const firstRowWithinMs = 5_000;

const { values } = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== '--'),
  options: {
    connects: { type: 'string', default: '1000' },
    within: { type: 'string', default: '1000' },
    hosts: { type: 'string', default: '2' },
    budget: { type: 'string', default: '20' },
    function: { type: 'string', default: 'pg' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(usage);
else await measure();

async function measure(): Promise<void> {
  const folder = join(root, 'test', 'vercel');
  const scratch = temporaryDirectory('vercel');
  const project = join(scratch.path, 'project');
  copyProject(join(folder, 'project'), project);
  const bundle = await bundleFunction({
    project,
    name: values.function,
    target: join(scratch.path, 'function'),
    modules: join(folder, 'node_modules'),
  });
  const budget = Number(values.budget);
  const weir = await startWeir({ budget });
  try {
    const databaseUrl = weir.pooledUrl({ by: 'host', sslmode: 'require' });
    const result = await coldConnects(
      { folder, bundle, databaseUrl, caFile: weir.caFile },
      {
        connects: Number(values.connects),
        withinMs: Number(values.within),
        hosts: Number(values.hosts),
      },
    );
    // A machine that others keep busy gives other figures.
    const loadAverage = loadavg()[0]!.toFixed(1);
    console.log(JSON.stringify({ function: values.function, budget, loadAverage, ...result }));
    const failed = Object.keys(result.failures).length > 0;
    if (failed || result.maxMs > firstRowWithinMs) process.exitCode = 1;
  } finally {
    await weir.close();
    scratch.remove();
  }
}
