// What a local Weir remembers: written for its owner alone, read back as it was, and never replaced when damaged.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { newLocalState, readLocalState, writeLocalState } from './local-state.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-state-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('what was written is read again', () => {
  expect(readLocalState(dir)).toBeNull();
  const state = { ...newLocalState(), endpointId: 'ep-bright-otter-4f7k2m' };
  writeLocalState(dir, state);
  expect(readLocalState(dir)).toEqual(state);
  expect(statSync(join(dir, 'state.json')).mode & 0o777).toBe(0o600);
});

test('a damaged file is refused with what to do', () => {
  writeFileSync(join(dir, 'state.json'), '{');
  expect(() => readLocalState(dir)).toThrow('cannot be read');
});
