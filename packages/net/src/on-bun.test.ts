// All the other tests of this package once more, on Bun, where its own sockets take the place of Node's.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = dirname(fileURLToPath(import.meta.url));
const bun = findBun();

function findBun(): string | undefined {
  const named = process.env.WEIR_BUN;
  if (named !== undefined) return named;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((place) => join(place, 'bun')).find((file) => existsSync(file));
}

test.skipIf(bun === undefined)(
  `the contract of connections holds on Bun${bun === undefined ? ' (skipped: no bun on PATH or in WEIR_BUN)' : ''}`,
  { timeout: 600_000 },
  async () => {
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts') && !name.startsWith('on-') && !name.startsWith('native-'))
      .map((name) => join(folder, name));
    const preload = join(folder, 'fixtures', 'vitest-on-bun.mjs');
    const run = promisify(execFile)(bun!, ['test', '--preload', preload, '--timeout', '120000', ...files], {
      maxBuffer: 16 * 1024 * 1024,
    });
    const output = await run.then(
      ({ stderr }) => stderr,
      (error: { stderr?: string }) => error.stderr ?? String(error),
    );
    expect(output).toMatch(/^ 0 fail$/m);
    expect(Number(/^ (\d+) pass$/m.exec(output)?.[1])).toBeGreaterThan(150);
  },
);
