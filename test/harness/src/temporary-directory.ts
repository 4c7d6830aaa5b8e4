// Directories that live as long as one server of one test; the whole run's are below one root that global-setup removes.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryDirectory {
  readonly path: string;
  remove(): void;
}

/** The run's root: from global-setup, or one of this process's own that goes when the process ends. */
export function runDirectory(): string {
  if (process.env.WEIR_TEST_DIR === undefined) {
    const own = mkdtempSync(join(tmpdir(), 'weir-test-'));
    // As root, Postgres runs as nobody and must be able to pass.
    chmodSync(own, 0o711);
    process.env.WEIR_TEST_DIR = own;
    process.once('exit', () => rmSync(own, { recursive: true, force: true }));
  }
  mkdirSync(process.env.WEIR_TEST_DIR, { recursive: true });
  return process.env.WEIR_TEST_DIR;
}

/** A fresh directory whose name begins with `name`. */
export function temporaryDirectory(name: string): TemporaryDirectory {
  const path = mkdtempSync(join(runDirectory(), `${name}-`));
  chmodSync(path, 0o711);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
