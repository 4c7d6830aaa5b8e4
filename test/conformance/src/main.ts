// `pnpm conformance`: the regression suite directly, through the direct host and through the pooled host, side by side.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findPostgresBinaries } from '@weir/local-servers';
import type { SuiteResult } from './run-suite.ts';
import { runTarget, type Target, targets } from './run-target.ts';
import { prepareSuite } from './suite.ts';

const usage = `usage: pnpm conformance [options]
  --suite DIR       a source tree of PostgreSQL, of the version of Debian's server here (default: its sources by apt-get)
  --targets A,B     of ${targets.join(', ')} (default all)
  --tests A,B       only these tests, in order (default: the parallel schedule)
  --rounds N        runs of each target (default 1)
  --seconds N       time limit of a run (default 600)
  --out FILE        write the table as Markdown, for instance docs/conformance.md
`;

interface Row {
  readonly target: Target;
  readonly round: number;
  readonly result: SuiteResult;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((word) => word !== '--'),
    options: {
      suite: { type: 'string' },
      targets: { type: 'string', default: targets.join(',') },
      tests: { type: 'string', default: '' },
      rounds: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '600' },
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
      const outputDir = join(cacheDir, `regress-${target}-${round}`);
      const limitSeconds = Number(values.seconds);
      const result = await runTarget(target, {
        suite,
        binDir: binaries.binDir,
        outputDir,
        limitSeconds,
        tests,
      });
      rows.push({ target, round, result });
      console.log(describe({ target, round, result }, outputDir));
    }
  }
  if (values.out !== undefined) writeFileSync(values.out, report(suite.version, rows));
  if (rows.some(({ result }) => result.failed.length > 0 || result.hung)) process.exitCode = 1;
}

function describe({ target, round, result }: Row, outputDir: string): string {
  const { passed, failed, hung, seconds } = result;
  const end = hung ? ', ended at its time limit' : '';
  const differences = failed.length > 0 ? `: ${failed.join(' ')}; see ${outputDir}/regression.diffs` : '';
  return `${target}, round ${round}: ${passed.length} of ${passed.length + failed.length} in ${seconds.toFixed(0)} s${end}${differences}`;
}

function report(version: string, rows: readonly Row[]): string {
  return [
    '# Conformance',
    '',
    'Written by `pnpm conformance --out docs/conformance.md`; run it to see for yourself.',
    '',
    `PostgreSQL ${version}'s own regression suite, unpatched: server, psql and tests of that version, the parallel schedule, \`--use-existing\`. \`server\` is Postgres itself, \`direct\` and \`pooled\` are Weir's two hosts, the pooled one in transaction mode.`,
    '',
    '| target | round | passed | of | seconds | failed |',
    '|---|---|---|---|---|---|',
    ...rows.map(({ target, round, result: { passed, failed, hung, seconds } }) => {
      const of = `${passed.length + failed.length}${hung ? ' (ended at its time limit)' : ''}`;
      return `| ${target} | ${round} | ${passed.length} | ${of} | ${seconds.toFixed(0)} | ${failed.join(', ') || 'none'} |`;
    }),
    '',
  ].join('\n');
}

await main();
