// SASLprep (RFC 4013) of passwords as Postgres does it: what cannot be prepared is used as it came.
import {
  bidiLeft,
  bidiRight,
  inRanges,
  mappedToNothing,
  nonAsciiSpace,
  prohibited,
  unassigned,
} from './saslprep-tables.ts';

/** The prepared password, or the same text where Postgres would take the raw one. */
export function saslPrep(password: string): string {
  // As in the server, pure ASCII is left alone, control characters too.
  if (/^[\0-\x7f]*$/.test(password)) return password;
  const mapped: number[] = [];
  for (const character of password) {
    const code = character.codePointAt(0)!;
    // U+200B is in both tables; the server asks for spaces first.
    if (inRanges(nonAsciiSpace, code)) mapped.push(0x20);
    else if (!inRanges(mappedToNothing, code)) mapped.push(code);
  }
  if (mapped.length === 0 || !isAllowed(mapped)) return password;
  return mapped
    .map((code) => String.fromCodePoint(code))
    .join('')
    .normalize('NFKC');
}

/** The server checks what it has mapped, before it normalizes. */
function isAllowed(codes: readonly number[]): boolean {
  if (codes.some((code) => inRanges(prohibited, code) || inRanges(unassigned, code))) return false;
  if (!codes.some((code) => inRanges(bidiRight, code))) return true;
  if (codes.some((code) => inRanges(bidiLeft, code))) return false;
  return inRanges(bidiRight, codes[0]!) && inRanges(bidiRight, codes.at(-1)!);
}
