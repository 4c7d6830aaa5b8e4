// All the tests of connections once more, with native sockets in the place of Node's.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { skippedBecause, whyNotNative } from './fixtures/native-built.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, '..', '..', '..');
const why = whyNotNative();

test.skipIf(why !== null)(
  `the contract of connections holds for the native transport${skippedBecause(why)}`,
  { timeout: 600_000 },
  async () => {
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts') && !name.startsWith('on-') && !name.startsWith('native-'))
      .map((name) => join(folder, name));
    const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
    const args = [vitest, 'run', '--project', 'parts', '--reporter', 'json', ...files];
    const run = promisify(execFile)(process.execPath, args, {
      cwd: root,
      env: { ...process.env, WEIR_TRANSPORT: 'native' },
      maxBuffer: 16 * 1024 * 1024,
    });
    const output = await run.then(
      ({ stdout }) => stdout,
      (error: { stdout?: string }) => error.stdout ?? String(error),
    );
    const result = JSON.parse(output.slice(output.indexOf('{'))) as {
      testResults: { assertionResults: { status: string; fullName: string; failureMessages: string[] }[] }[];
    };
    const tests = result.testResults.flatMap((file) => file.assertionResults);
    expect(tests.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(tests.length).toBeGreaterThan(150);
  },
);
