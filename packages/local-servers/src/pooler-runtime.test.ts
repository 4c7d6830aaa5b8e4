// Which runtime a word stands for, and that a Bun that is not there is told as null.
import { afterEach, expect, test, vi } from 'vitest';
import { poolerRuntimeOf, runtimeCommand } from './pooler-runtime.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('nothing and node stand for Node, bun for Bun, and another word is named', () => {
  for (const name of [undefined, '', 'node']) expect(poolerRuntimeOf(name)).toBe('node');
  expect(poolerRuntimeOf('bun')).toBe('bun');
  expect(() => poolerRuntimeOf('deno')).toThrow('deno');
});

test('Bun is what WEIR_BUN names, else the one on PATH, else there is none', () => {
  vi.stubEnv('WEIR_BUN', '/opt/bun');
  expect(runtimeCommand('bun')?.command).toBe('/opt/bun');
  vi.stubEnv('WEIR_BUN', undefined);
  vi.stubEnv('PATH', '/no/such/directory');
  expect(runtimeCommand('bun')).toBe(null);
  expect(runtimeCommand('node')?.command).toBe(process.execPath);
});
