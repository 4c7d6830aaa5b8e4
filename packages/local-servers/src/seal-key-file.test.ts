// The seal key file: made once, kept, and never silently replaced.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ensureSealKeyFile } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-seal-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('a key is made once, for its owner alone, and kept', () => {
  const file = join(dir, 'deep', 'seal.key');
  expect(ensureSealKeyFile(file)).toBe(true);
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/^k[0-9a-f]{6}:[0-9a-f]{64}\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(ensureSealKeyFile(file)).toBe(false);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a file that is no list of keys is refused, not overwritten', () => {
  const file = join(dir, 'wrong');
  writeFileSync(file, 'hello\n');
  expect(() => ensureSealKeyFile(file)).toThrow('not a list of seal keys');
  expect(readFileSync(file, 'utf8')).toBe('hello\n');
});
