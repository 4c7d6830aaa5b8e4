// HMAC out of two hashes, against Node's own, at every length at which it does something else.
import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { hmac } from './keys.ts';

test('keys around the length of a block and texts beyond the memory that is kept are signed as Node signs them', () => {
  for (const keyLength of [0, 1, 32, 63, 64, 65, 200]) {
    const key = new Uint8Array(randomBytes(keyLength));
    for (const text of ['', 'n=,r=abc', 'é€😀', 'x'.repeat(1023), '€'.repeat(2000), 'after a long one']) {
      expect(Buffer.from(hmac(key, text)).toString('hex')).toBe(
        createHmac('sha256', key).update(text, 'utf8').digest('hex'),
      );
    }
  }
});
