// Base64 as SCRAM writes it, read strictly: one text a byte string, so that nothing passes in two spellings.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const grammar = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

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
  if (!grammar.test(text)) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let i = 0, offset = 0; i < text.length; i += 4) {
    let group = 0;
    // The padding sign is not in the alphabet and counts as zero bits; writes past the end are ignored.
    for (let j = 0; j < 4; j++) group = (group << 6) | Math.max(alphabet.indexOf(text[i + j]!), 0);
    for (let shift = 16; shift >= 0; shift -= 8) bytes[offset++] = group >>> shift;
  }
  return encodeBase64(bytes) === text ? bytes : null;
}
