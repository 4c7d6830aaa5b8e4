// How long it takes after failed attempts until the next: twice as long each time, within bounds, and not the same for everybody.

const firstMs = 100;
// What a database that is away is asked for, and what its clients lose once it is back.
const mostMs = 2_000;

/**
 * The pauses of one who tries again: each from half of what its failures ask for up to the whole, so that processes which saw the
 * same failure at the same moment do not all ask at the same moment again. The same `seed` has the same pauses.
 */
export class RetryPauses {
  private state: number;

  constructor(seed: string) {
    this.state = hashOf(seed);
  }

  /** In ms, after `failures` (1 or more) in a row. */
  afterMs(failures: number): number {
    const wholeMs = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 6));
    return wholeMs * (0.5 + this.next() / 2);
  }

  /** At least 0, less than 1: mulberry32. */
  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
