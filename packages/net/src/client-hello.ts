// The host name that a TLS client asks for, out of its first bytes: for a runtime that asks for a certificate too early.

// A ClientHello with post-quantum keys has some 2 KB. RFC 8446 lets it be longer than a record, which nobody's is.
const helloBytesMax = 16 * 1024;

/**
 * SNI's host name, or null if there is none or these are no ClientHello (the handshake then says what is wrong).
 * Undefined while more bytes are needed to tell.
 */
export function servernameOf(bytes: Uint8Array): string | null | undefined {
  try {
    return readHello(new Reader(handshakeOf(bytes)));
  } catch (thrown) {
    if (thrown === cutShort && bytes.length < helloBytesMax) return undefined;
    return null;
  }
}

const cutShort = new Error('more bytes are needed');
const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
const hostName = 0;

/** The contents of the handshake records at the start of `bytes`, as far as they have come. */
function handshakeOf(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at + 5 <= bytes.length && bytes[at] === handshakeRecord; ) {
    const length = (bytes[at + 3]! << 8) | bytes[at + 4]!;
    // TLS refuses an empty one, too; thousands of them would be work for nothing.
    if (length === 0) throw new Error('an empty record');
    parts.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  if (parts.length === 0 && bytes.length > 0 && bytes[0] !== handshakeRecord) throw new Error('no handshake');
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function readHello(hello: Reader): string | null {
  if (hello.number(1) !== clientHello) return null;
  const body = hello.block(3);
  // Version and random; session id, cipher suites, compression methods.
  body.skip(2 + 32);
  for (const lengthBytes of [1, 2, 1]) body.block(lengthBytes);
  if (body.left === 0) return null;
  const extensions = body.block(2);
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const extension = extensions.block(2);
    if (type !== serverNameExtension) continue;
    const names = extension.block(2);
    while (names.left > 0) {
      const kind = names.number(1);
      const name = names.block(2);
      if (kind === hostName && name.left > 0) return name.text();
    }
  }
  return null;
}

class Reader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  skip(length: number): void {
    if (length > this.left) throw cutShort;
    this.at += length;
  }

  number(lengthBytes: number): number {
    this.skip(lengthBytes);
    let value = 0;
    for (let at = this.at - lengthBytes; at < this.at; at++) value = value * 256 + this.bytes[at]!;
    return value;
  }

  /** What follows a length of `lengthBytes`. */
  block(lengthBytes: number): Reader {
    const length = this.number(lengthBytes);
    this.skip(length);
    return new Reader(this.bytes.subarray(this.at - length, this.at));
  }

  text(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length).toString('latin1');
  }
}
