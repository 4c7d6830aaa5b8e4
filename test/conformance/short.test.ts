// The short form of the conformance run: the tests of the suite that say most about sessions, through the pooled host.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findPostgresBinaries } from '@weir/local-servers';
import { expect, test } from 'vitest';
import { runTarget } from './src/run-target.ts';
import { prepareSuite, type Suite, SuiteError } from './src/suite.ts';

// test_setup makes what the others look at.
const tests = [
  ...['test_setup', 'create_index', 'transactions', 'portals', 'prepared_xacts', 'plancache', 'limit'],
  ...['temp', 'prepare', 'sequence', 'guc', 'advisory_lock', 'async', 'largeobject', 'stats'],
];

const cacheDir = process.env.WEIR_TEST_CACHE_DIR ?? join('.weir', 'cache');
const prepared = prepare();

/** The suite, or why there is none on this machine. */
function prepare(): { suite: Suite; binDir: string } | { missing: string } {
  const binaries = findPostgresBinaries('system');
  if (binaries === null)
    return { missing: 'no Postgres of the system (Debian: apt-get install postgresql-15)' };
  try {
    mkdirSync(cacheDir, { recursive: true });
    return { suite: prepareSuite(null, cacheDir, binaries.binDir), binDir: binaries.binDir };
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error;
    return { missing: `no sources of the suite: ${error.message.split('\n')[0]}` };
  }
}

if ('missing' in prepared)
  test.skip(`Postgres's own tests of sessions pass on the pooled host (skipped: ${prepared.missing})`);
else {
  test("Postgres's own tests of sessions pass on the pooled host", async () => {
    const outputDir = join(cacheDir, 'regress-short');
    const result = await runTarget('pooled', {
      ...prepared,
      ...{ outputDir, limitSeconds: 240, testLimitSeconds: 120, tests, neighbours: 4 },
    });
    expect(result).toMatchObject({ failed: [], hung: false, noise: { faults: [] } });
    expect(result.passed.length).toBe(tests.length);
  });
}
