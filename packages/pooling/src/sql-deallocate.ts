// Finds the name in a lone DEALLOCATE statement, which drivers send for statements they prepared by protocol.

const pattern =
  /^\s*deallocate\s+(?:prepare\s+)?(?:"((?:[^"]|"")+)"|([a-z_\u0080-\u00ff][a-z0-9_$\u0080-\u00ff]*))\s*;?\s*$/i;

/** A message that is longer holds none: names have 63 bytes at most. */
export const deallocateBytesMax = 200;

/**
 * The statement name in the query text `bytes[from..to)` (NUL at the end) if that is one DEALLOCATE of one name, else
 * null. Bytes stand for characters, as in the keys of a client's statements.
 */
export function deallocatedName(bytes: Uint8Array, from: number, to: number): string | null {
  let at = from;
  while (at < to && bytes[at]! <= 0x20) at++;
  // `de` in either case; nearly every other text leaves here.
  if ((bytes[at]! | 0x20) !== 0x64 || (bytes[at + 1]! | 0x20) !== 0x65 || to - at > deallocateBytesMax)
    return null;
  let text = '';
  for (let i = at; i < to - 1; i++) text += String.fromCharCode(bytes[i]!);
  const match = pattern.exec(text);
  if (match === null) return null;
  if (match[1] !== undefined) return match[1].replaceAll('""', '"');
  const name = match[2]!.toLowerCase();
  return name === 'all' ? null : name;
}
