// The stock of random bytes: nothing is given out twice, and nothing that was not filled.
import { expect, test } from 'vitest';
import { takeRandomBytes } from './random-bytes.ts';

test('bytes of many sizes, beyond several stocks, are all as long as asked for and never the same', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 2_000; i++) {
    const count = 16 + (i % 17);
    const bytes = takeRandomBytes(count);
    expect(bytes.length).toBe(count);
    seen.add(Buffer.from(bytes.subarray(0, 16)).toString('hex'));
  }
  expect(seen.size).toBe(2_000);
});
