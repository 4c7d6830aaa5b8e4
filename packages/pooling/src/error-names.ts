// Errors that speak of a prepared statement by the name Weir gave it: the client reads its own name instead.
import type { Statement } from './prepared-statements.ts';

/**
 * The ErrorResponse frame `bytes[at..end)` with the server's name of `statement` replaced by `clientName` (a character
 * for a byte), or null if the name does not stand in it.
 */
export function rewriteStatementName(
  bytes: Uint8Array,
  at: number,
  end: number,
  statement: Statement,
  clientName: string,
): Uint8Array | null {
  const name = statement.serverNameBytes;
  const found = find(bytes, at + 5, end, name);
  if (found < 0) return null;
  const frame = new Uint8Array(end - at - name.length + clientName.length);
  frame.set(bytes.subarray(at, found));
  for (let i = 0; i < clientName.length; i++) frame[found - at + i] = clientName.charCodeAt(i);
  frame.set(bytes.subarray(found + name.length, end), found - at + clientName.length);
  const length = frame.length - 1;
  frame[1] = length >>> 24;
  frame[2] = length >>> 16;
  frame[3] = length >>> 8;
  frame[4] = length;
  return frame;
}

function find(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): number {
  for (let at = bytes.indexOf(wanted[0]!, from); at >= 0 && at + wanted.length <= to; ) {
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    // A longer name of ours that begins alike is another one.
    const next = bytes[at + same]!;
    if (same === wanted.length && !(next >= 0x30 && next <= 0x39)) return at;
    at = bytes.indexOf(wanted[0]!, at + 1);
  }
  return -1;
}
