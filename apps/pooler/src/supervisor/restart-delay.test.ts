// Restarts of a process that ends again and again.
import { expect, test } from 'vitest';
import { restartAfter } from './restart-delay.ts';

test('the first end costs no time, each early one after it twice as much, up to half a minute', () => {
  let crashes = 0;
  const delays: number[] = [];
  for (let end = 0; end < 10; end++) {
    const restart = restartAfter(crashes, 1_000);
    ({ crashes } = restart);
    delays.push(restart.delayMs);
  }
  expect(delays).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('a process that lived for a minute begins anew', () => {
  expect(restartAfter(9, 60_000)).toEqual({ crashes: 1, delayMs: 0 });
  expect(restartAfter(9, 59_999).delayMs).toBe(30_000);
});
