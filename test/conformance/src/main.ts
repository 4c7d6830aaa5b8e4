// `pnpm conformance`: the regression suite directly, through the direct host and through the pooled host, side by side.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findPostgresBinaries } from '@weir/local-servers';
import { describe, type Row, report } from './report.ts';
import { runTarget, targets } from './run-target.ts';
import { prepareSuite } from './suite.ts';

const usage = `usage: pnpm conformance [options]
  --suite DIR       a source tree of PostgreSQL, of the version of Debian's server here (default: its sources by apt-get)
  --targets A,B     of ${targets.join(', ')} (default all)
  --tests A,B       only these tests, in order (default: the parallel schedule)
  --rounds N        runs of each target (default 1)
  --seconds N       time limit of a run (default 600)
  --test-seconds N  time limit of a test (default 180)
  --neighbours N    clients that run short transactions beside the tests (default 0)
  --out FILE        write the table as Markdown, for instance docs/conformance.md
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((word) => word !== '--'),
    options: {
      suite: { type: 'string' },
      targets: { type: 'string', default: targets.join(',') },
      tests: { type: 'string', default: '' },
      rounds: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '600' },
      'test-seconds': { type: 'string', default: '180' },
      neighbours: { type: 'string', default: '0' },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const binaries = findPostgresBinaries('system');
  if (binaries === null) throw new Error('a Postgres of the system is needed: apt-get install postgresql-15');
  const cacheDir = resolve(process.env.WEIR_TEST_CACHE_DIR ?? join('.weir', 'cache'));
  mkdirSync(cacheDir, { recursive: true });
  const suite = prepareSuite(values.suite ?? null, cacheDir, binaries.binDir);
  const tests = values.tests.split(',').filter((name) => name !== '');
  const rows: Row[] = [];
  for (const target of targets.filter((one) => values.targets.split(',').includes(one))) {
    for (let round = 1; round <= Number(values.rounds); round++) {
      const noisy = Number(values.neighbours) > 0 ? '-noisy' : '';
      const outputDir = join(cacheDir, `regress-${target}${noisy}-${round}`);
      const limitSeconds = Number(values.seconds);
      const result = await runTarget(target, {
        suite,
        binDir: binaries.binDir,
        outputDir,
        limitSeconds,
        testLimitSeconds: Number(values['test-seconds']),
        tests,
        neighbours: Number(values.neighbours),
      });
      rows.push({ target, round, result });
      console.log(describe({ target, round, result }, outputDir));
    }
  }
  if (values.out !== undefined)
    writeFileSync(values.out, report(suite.version, Number(values.neighbours), rows));
  // The control is not expected to pass.
  const counted = rows.filter(({ target }) => target !== 'pgbouncer');
  if (counted.some(({ result }) => result.failed.length > 0 || result.hung)) process.exitCode = 1;
}

await main();
