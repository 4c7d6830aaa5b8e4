// How long to wait before a process that ended is started again: not at all at first, longer the sooner it ends each time.

/** One that lived this long has no part in a loop of crashes, ms. */
const steadyAfterMs = 60_000;
const firstDelayMs = 500;
const delayMsMax = 30_000;

/** A loop of crashes so far, and what it asks for. */
export interface Restart {
  /** How many in a row ended before they were steady, this one included. */
  readonly crashes: number;
  readonly delayMs: number;
}

/** After `crashes` crashes in a row one more process has ended, having lived for `livedMs`. */
export function restartAfter(crashes: number, livedMs: number): Restart {
  if (livedMs >= steadyAfterMs) return { crashes: 1, delayMs: 0 };
  const delayMs = crashes === 0 ? 0 : Math.min(firstDelayMs * 2 ** (crashes - 1), delayMsMax);
  return { crashes: crashes + 1, delayMs };
}
