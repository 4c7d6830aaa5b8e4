// A cursor over one frame's body; every step is checked, so a decoder cannot run past the end.
import { decodeUtf8, readInt32 } from './bytes.ts';
import { ProtocolViolation } from './protocol-violation.ts';

/** Reads a body from its start; each method throws ProtocolViolation if the body is too short for it. */
export class BodyReader {
  readonly #body: Uint8Array;
  #offset = 0;

  constructor(body: Uint8Array) {
    this.#body = body;
  }

  /** Where the next byte will be read. */
  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#body.length - this.#offset;
  }

  byte(): number {
    this.#demand(1);
    return this.#body[this.#offset++]!;
  }

  /** Signed. */
  int16(): number {
    this.#demand(2);
    const value = ((this.#body[this.#offset]! << 24) >> 16) | this.#body[this.#offset + 1]!;
    this.#offset += 2;
    return value;
  }

  /** An Int16 that counts things: it is never negative, and each of them takes at least `bytesEach`. */
  count(bytesEach: number): number {
    const count = this.int16();
    // Checked before an array is made, so a short frame cannot ask for a long one.
    if (count < 0 || count * bytesEach > this.remaining) throw tooShort();
    return count;
  }

  /** Signed. */
  int32(): number {
    this.#demand(4);
    const value = readInt32(this.#body, this.#offset);
    this.#offset += 4;
    return value;
  }

  /** An object id, which is unsigned. */
  oid(): number {
    return this.int32() >>> 0;
  }

  /** A view, not a copy. */
  bytes(count: number): Uint8Array {
    this.#demand(count);
    const view = this.#body.subarray(this.#offset, this.#offset + count);
    this.#offset += count;
    return view;
  }

  /** All that is left, as a view. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** All that is left, as text. SASL texts are printable, so a zero byte in one is refused. */
  text(): string {
    const bytes = this.rest();
    if (bytes.includes(0)) throw new ProtocolViolation('invalid string in message');
    return decodeUtf8(bytes);
  }

  cstring(): string {
    const end = this.#body.indexOf(0, this.#offset);
    if (end === -1) throw new ProtocolViolation('invalid string in message');
    const text = decodeUtf8(this.#body, this.#offset, end);
    this.#offset = end + 1;
    return text;
  }

  /** Int32 length and bytes; null for length -1. */
  value(): Uint8Array | null {
    const length = this.int32();
    if (length === -1) return null;
    if (length < 0) throw new ProtocolViolation('invalid message format');
    return this.bytes(length);
  }

  /** Throws unless everything was read. */
  finish(): void {
    if (this.remaining !== 0) throw new ProtocolViolation('invalid message format');
  }

  #demand(count: number): void {
    if (count > this.remaining) throw tooShort();
  }
}

function tooShort(): ProtocolViolation {
  return new ProtocolViolation('insufficient data left in message');
}
