// What is said of a key that opens nothing any more.
import type { ApiKeyReply } from '@weir/api-contract';
import { expect, test } from 'vitest';
import { keyStateOf } from './key-state.ts';

test('a key is active until it expires or is revoked', () => {
  const at = '2026-01-02T00:00:00.000Z';
  const key = (part: Partial<ApiKeyReply>) => ({ revokedAt: null, expiresAt: null, ...part }) as ApiKeyReply;
  const nowMs = Date.parse(at);
  expect(keyStateOf(key({}), nowMs)).toBe('active');
  expect(keyStateOf(key({ expiresAt: at }), nowMs - 1)).toBe('active');
  expect(keyStateOf(key({ expiresAt: at }), nowMs)).toBe('expired');
  expect(keyStateOf(key({ revokedAt: at, expiresAt: at }), nowMs)).toBe('revoked');
});
