// Base64 as SCRAM writes it, read strictly: one text a byte string, so that nothing passes in two spellings.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const notInAlphabet = 64;
const paddingSign = 0x3d;

/** By character code; what is not in the alphabet, the padding sign too, is `notInAlphabet`. */
const values = new Uint8Array(128).fill(notInAlphabet);
for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value;

/** Standard alphabet, padded, on one line. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += alphabet[group >>> 18]! + alphabet[(group >>> 12) & 63]!;
    text += i + 1 < bytes.length ? alphabet[(group >>> 6) & 63]! : '=';
    text += i + 2 < bytes.length ? alphabet[group & 63]! : '=';
  }
  return text;
}

/** Null unless the text is padded standard base64 whose unused bits are zero. */
export function decodeBase64(text: string): Uint8Array | null {
  const { length } = text;
  if (length % 4 !== 0) return null;
  let padding = 0;
  while (padding < 2 && padding < length && text.charCodeAt(length - 1 - padding) === paddingSign) padding++;
  const bytes = new Uint8Array((length / 4) * 3 - padding);
  let at = 0;
  let group = 0;
  for (let i = 0; i < length; i++) {
    const isPadding = i >= length - padding;
    const value = isPadding ? 0 : (values[text.charCodeAt(i)] ?? notInAlphabet);
    if (value === notInAlphabet) return null;
    group = (group << 6) | value;
    if (i % 4 !== 3) continue;
    // What lies beyond the end belongs to no byte: only zeros have one spelling.
    const bytesHere = Math.min(3, bytes.length - at);
    if ((group & (2 ** (8 * (3 - bytesHere)) - 1)) !== 0) return null;
    for (let j = 0; j < bytesHere; j++) bytes[at++] = group >>> (16 - 8 * j);
    group = 0;
  }
  return bytes;
}
