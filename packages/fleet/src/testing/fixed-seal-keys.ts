// Seal keys that never change, for tests that need no file.
import type { SealKeySource } from '../seal-key-ring.ts';
import type { SealKey } from '../seal-keys.ts';

export function fixedSealKeys(keys: readonly SealKey[]): SealKeySource {
  return { keys, readAgain() {} };
}
