// Appends frames to one growing buffer: type, length put in afterwards, body. One or many frames, one array.
import { copyOf, encodeUtf8, writeInt32 } from './bytes.ts';

const headerBytes = 5;

/** Writes frames one after the other; `take` gives all of them as one array. */
export class FrameWriter {
  #bytes: Uint8Array;
  #length = 0;
  #frameStart = 0;

  constructor(bytesExpected = 64) {
    this.#bytes = new Uint8Array(bytesExpected);
  }

  /** Begins a frame; its body is what is written until `end`. */
  begin(type: number): this {
    this.#reserve(headerBytes);
    this.#frameStart = this.#length;
    this.#bytes[this.#length] = type;
    this.#length += headerBytes;
    return this;
  }

  /** Ends the frame by putting in its length. */
  end(): this {
    writeInt32(this.#bytes, this.#frameStart + 1, this.#length - this.#frameStart - 1);
    return this;
  }

  byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  int16(value: number): this {
    this.#reserve(2);
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value;
    return this;
  }

  int32(value: number): this {
    this.#reserve(4);
    writeInt32(this.#bytes, this.#length, value);
    this.#length += 4;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** UTF-8 without a terminator. */
  text(value: string): this {
    return this.bytes(encodeUtf8(value));
  }

  /** UTF-8 with a terminating zero byte. Throws TypeError if the text holds one: it would end early and be read as more. */
  cstring(value: string): this {
    if (value.includes('\0')) throw new TypeError('a zero byte cannot be written inside a protocol string');
    return this.bytes(encodeUtf8(value)).byte(0);
  }

  /** Int32 length and bytes, or length -1 for null: a value in Bind, DataRow and FunctionCall. */
  value(value: string | Uint8Array | null): this {
    if (value === null) return this.int32(-1);
    const bytes = typeof value === 'string' ? encodeUtf8(value) : value;
    return this.int32(bytes.length).bytes(bytes);
  }

  /** What was written, as an array of exactly that length; the writer must not be used afterwards. */
  take(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : copyOf(this.#bytes, 0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** A frame without a body. */
export function emptyFrame(type: number): Uint8Array {
  return Uint8Array.of(type, 0, 0, 0, 4);
}
