// How long it takes after failed attempts until the next: twice as long each time, within bounds.

const firstMs = 100;
// What a database that is away is asked for, and what its clients lose once it is back.
const mostMs = 2_000;

/** In ms, after `failures` (1 or more) in a row. */
export function retryPauseMs(failures: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 6));
}
