// Before the first integration test: builds what is to be tested, looks for a container engine, makes the run's directory.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backend } from './backend.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** vitest calls this once before the run, and what it returns once after. */
export default async function setup(): Promise<() => void> {
  // More than one project of a run names this file; the first sets up for all.
  if (process.env.WEIR_TEST_DIR !== undefined) return () => {};
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--lenient'], {
    cwd: root,
    stdio: 'inherit',
  });
  const directory = mkdtempSync(join(tmpdir(), 'weir-test-'));
  chmodSync(directory, 0o711);
  process.env.WEIR_TEST_DIR = directory;
  // Programs that had to be fetched are kept from run to run.
  process.env.WEIR_TEST_CACHE_DIR ??= join(root, '.weir', 'cache');
  process.env.WEIR_TEST_BACKEND = await backend();
  console.log(`test backend: ${process.env.WEIR_TEST_BACKEND}`);
  return () => {
    delete process.env.WEIR_TEST_DIR;
    rmSync(directory, { recursive: true, force: true });
  };
}
