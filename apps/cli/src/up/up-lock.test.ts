// The lock of a state directory: one owner at a time, and no owner that is dead.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { takeLock } from './up-lock.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-lock-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const file = join(dir, 'up.pid');

test('a lock is given back by its owner', () => {
  const lock = takeLock(dir);
  expect(lock.wasLeftOver).toBe(false);
  expect(existsSync(file)).toBe(true);
  lock.unlock();
  expect(existsSync(file)).toBe(false);
});

test('a lock whose owner is gone is taken over, and said to have been left over', () => {
  // No process has this number: it is above what Linux gives out.
  writeFileSync(file, '4194999\n');
  const lock = takeLock(dir);
  expect(lock.wasLeftOver).toBe(true);
  lock.unlock();
});

test('a lock of a process that is no Weir, whose number was given out again, is taken over', () => {
  if (process.platform !== 'linux') return;
  writeFileSync(file, '1\n');
  const lock = takeLock(dir);
  expect(lock.wasLeftOver).toBe(true);
  lock.unlock();
});
