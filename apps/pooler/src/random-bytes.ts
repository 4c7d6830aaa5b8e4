// Random bytes for logins, fetched many at once: the generator asks for the process's number, a system call, each time.
import { randomFillSync } from 'node:crypto';

const stockBytes = 4096;
const stock = new Uint8Array(stockBytes);
let used = stockBytes;

/** So many random bytes, at most `stockBytes`, that nobody else has been given. */
export function takeRandomBytes(count: number): Uint8Array {
  if (used + count > stockBytes) {
    randomFillSync(stock);
    used = 0;
  }
  const taken = stock.slice(used, used + count);
  // Whoever sees this memory later learns nothing of what is in use.
  stock.fill(0, used, used + count);
  used += count;
  return taken;
}
