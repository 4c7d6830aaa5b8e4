// Base64 both ways, against Node's, and the spellings that must not pass.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from './base64.ts';

test('every length up to 70 is written as Node writes it and read back', () => {
  for (let length = 0; length <= 70; length++) {
    const bytes = new Uint8Array(randomBytes(length));
    const text = encodeBase64(bytes);
    expect(text).toBe(Buffer.from(bytes).toString('base64'));
    expect(decodeBase64(text)).toEqual(bytes);
  }
});

test.each([
  'A',
  'AA',
  'AAA',
  'AA=',
  'A===',
  '====',
  'AAAA=',
  'AA==AA==',
  'AA-_',
  'AAA A',
  'AA\n==',
  'AB==',
  'AAB=',
  'A=AA',
  'AA=A',
  '=AAA',
  'AAAAA===',
  'AAA\u00e9',
  'AAA\u0441',
])('the text %j is refused', (text) => {
  expect(decodeBase64(text)).toBeNull();
});
