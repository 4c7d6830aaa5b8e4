// Base64 as SCRAM writes it, read strictly: one text a byte string, so that nothing passes in two spellings.

/** Standard alphabet, padded, on one line. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** Null unless the text is padded standard base64 whose unused bits are zero. */
export function decodeBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  // Node reads whatever looks like it; only the one spelling comes out again. A copy, since what it made may lie in its pool.
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : null;
}
