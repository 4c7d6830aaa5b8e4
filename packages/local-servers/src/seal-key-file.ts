// The file with the keys that seal secrets: made once, readable by its owner alone; what is sealed with it lives elsewhere.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LocalServerError } from './errors.ts';

const linePattern = /^[A-Za-z0-9_-]{1,64}:[0-9a-f]{64}$/;

/**
 * Makes `file` with one fresh key (`<keyId>:<64 hex>`) unless it is there. Returns whether it was made.
 * Throws LocalServerError when the file is there but is not a list of keys.
 */
export function ensureSealKeyFile(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true });
  const line = `k${randomBytes(3).toString('hex')}:${randomBytes(32).toString('hex')}\n`;
  try {
    // `wx`: of two processes that start at once, one makes the file and the other reads it.
    writeFileSync(file, line, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((entry) => entry.trim() !== '');
  if (lines.length === 0 || !lines.every((entry) => linePattern.test(entry.trim()))) {
    throw new LocalServerError('KEY_FILE_UNUSABLE', `${file} is not a list of seal keys`, {
      hint: 'each line is <keyId>:<64 hex digits>; without the key that sealed them, stored secrets cannot be opened again',
    });
  }
  chmodSync(file, 0o600);
  return false;
}
