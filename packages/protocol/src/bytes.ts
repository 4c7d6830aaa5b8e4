// Bytes and text: joining, big-endian integers by shifts, and UTF-8 that loses nothing when the text is not UTF-8.

// Declared here and not in a global .d.ts, so that every pure package that compiles this source finds them.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const shortTextBytes = 32;
const loneByte = /[\udc80-\udcff]/u;

/** An empty byte string. */
export const noBytes: Uint8Array = new Uint8Array(0);

/** One array holding the chunks in order; a single chunk is returned as it is, not copied. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  let total = 0;
  for (const chunk of chunks) total += chunk.length;
  const joined = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

/** A copy of `bytes[from..to)`. Not `bytes.slice`: that of a Node Buffer shares memory with what is read into next. */
export function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = new Uint8Array(to - from);
  copy.set(bytes.subarray(from, to));
  return copy;
}

/** True if both hold the same bytes. Not for secrets: it stops at the first difference. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/** The big-endian signed 32-bit integer at `offset`; the caller has checked that four bytes are there. */
export function readInt32(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
}

/** Writes a big-endian 32-bit integer, signed or not, at `offset`. */
export function writeInt32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/**
 * UTF-8 bytes of a text. A text that `decodeUtf8` made of bytes that were not UTF-8 gives those bytes again.
 */
export function encodeUtf8(text: string): Uint8Array {
  if (!loneByte.test(text)) return encoder.encode(text);
  const chunks: Uint8Array[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    chunks.push(code >= 0xdc80 && code <= 0xdcff ? Uint8Array.of(code & 0xff) : encoder.encode(character));
  }
  return joinBytes(chunks);
}

/**
 * Text of `bytes[start..end)`. Bytes that are not UTF-8 (another client_encoding) become lone surrogates
 * U+DC80..U+DCFF, so that two different names never look alike and `encodeUtf8` gives the same bytes back.
 */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start <= shortTextBytes) {
    // Names are short and ASCII nearly always; a call into the decoder costs more than this loop.
    let text = '';
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (at >= end) return text;
  }
  const part = bytes.subarray(start, end);
  try {
    return strictDecoder.decode(part);
  } catch {
    let text = '';
    for (const byte of part) text += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 | byte);
    return text;
  }
}
