// Tells a lone SET that ends with its transaction (SET LOCAL, SET TRANSACTION) from one that changes the session.

const space = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d);

function wordAt(bytes: Uint8Array, from: number, to: number, word: string): number {
  if (to - from < word.length) return -1;
  for (let i = 0; i < word.length; i++) {
    if ((bytes[from + i]! | 0x20) !== word.charCodeAt(i)) return -1;
  }
  const after = from + word.length;
  return after < to && space(bytes[after]!) ? after : -1;
}

function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && space(bytes[at]!)) at++;
  return at;
}

/**
 * True if the text in `bytes[from..to)` is one statement that begins with SET LOCAL or SET TRANSACTION. Comments in
 * front, or a second statement behind, make it false: then the command tag SET counts as a change of the session.
 */
export function isTransactionSet(bytes: Uint8Array, from: number, to: number): boolean {
  let at = skipSpace(bytes, from, to);
  at = wordAt(bytes, at, to, 'set');
  if (at < 0) return false;
  at = skipSpace(bytes, at, to);
  if (wordAt(bytes, at, to, 'local') < 0 && wordAt(bytes, at, to, 'transaction') < 0) return false;
  for (let i = at; i < to; i++) {
    if (bytes[i] !== 0x3b) continue;
    const rest = skipSpace(bytes, i + 1, to);
    return rest === to || bytes[rest] === 0;
  }
  return true;
}
