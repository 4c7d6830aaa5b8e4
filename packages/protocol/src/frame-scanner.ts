// Walks over frames without keeping them, for the relay: headers as numbers, bodies only of the types it watches.
import { noBytes, readInt32 } from './bytes.ts';
import { checkedLength } from './frame-reader.ts';

const headerBytes = 5;

/**
 * `feed` bytes, then call `next` until it returns false; after each true the fields tell of the frame that
 * ended. Nothing is allocated but for watched frames that were cut, and nothing is copied but those and
 * cut headers, so bulk data passes at the price of its headers.
 */
export class FrameScanner {
  /** Type byte of the frame that ended. */
  type = 0;
  /** Bytes of its body. */
  bodyBytes = 0;
  /** Offset in the fed bytes where it began; negative if that was in bytes fed before. */
  frameStart = 0;
  /** Offset in the fed bytes just after it. */
  frameEnd = 0;

  readonly #bodyBytesMax: number;
  readonly #watchedBytesMax: number;
  readonly #watched = new Uint8Array(256);
  #chunk: Uint8Array = noBytes;
  #offset = 0;
  #end = 0;
  readonly #header = new Uint8Array(headerBytes);
  #headerLength = 0;
  /** Bytes of the open frame's body that are still to come. */
  #missing = 0;
  #kept: Uint8Array | null = null;
  #keptLength = 0;
  #body: Uint8Array | null = null;

  /**
   * Frames with a body over `bodyBytesMax` are refused. `body` is there for frames whose type is in
   * `watched` and whose body has at most `watchedBytesMax` bytes.
   */
  constructor(options: { bodyBytesMax: number; watched: readonly number[]; watchedBytesMax: number }) {
    this.#bodyBytesMax = options.bodyBytesMax;
    this.#watchedBytesMax = options.watchedBytesMax;
    for (const type of options.watched) this.#watched[type] = 1;
  }

  /** Body of the frame that ended if it is watched and not too long, else null. Valid until the next `next` or `feed`. */
  get body(): Uint8Array | null {
    return this.#body;
  }

  /** True if the stream stands between two frames: all that was fed has ended in whole frames. */
  get atBoundary(): boolean {
    return this.#headerLength === 0 && this.#offset === this.#end;
  }

  /** Goes on with `bytes[start..end)`; the bytes fed before must have been walked through. */
  feed(bytes: Uint8Array, start = 0, end = bytes.length): void {
    // Where the open frame began, seen from the new bytes.
    this.frameStart = start - (this.#end - this.frameStart);
    if (this.#headerLength === 0) this.frameStart = start;
    this.#chunk = bytes;
    this.#offset = start;
    this.#end = end;
  }

  /** Moves past the next frame that ends in the fed bytes. False: what is left is the beginning of a frame, or nothing. */
  next(): boolean {
    this.#body = null;
    if (this.#headerLength < headerBytes && !this.#readHeader()) return false;
    const left = this.#end - this.#offset;
    if (left < this.#missing) {
      if (this.#kept !== null) this.#keep(left);
      this.#missing -= left;
      this.#offset = this.#end;
      return false;
    }
    const bodyStart = this.#offset;
    if (this.#kept !== null) {
      this.#body =
        this.#keptLength === 0
          ? this.#chunk.subarray(bodyStart, bodyStart + this.#missing)
          : this.#keep(this.#missing);
      this.#kept = null;
      this.#keptLength = 0;
    }
    this.#offset = bodyStart + this.#missing;
    this.#missing = 0;
    this.frameEnd = this.#offset;
    this.#headerLength = 0;
    return true;
  }

  #readHeader(): boolean {
    if (this.#headerLength === 0) {
      this.frameStart = this.#offset;
      if (this.#end - this.#offset >= headerBytes) {
        this.#open(this.#chunk, this.#offset);
        this.#offset += headerBytes;
        return true;
      }
    }
    while (this.#headerLength < headerBytes && this.#offset < this.#end) {
      this.#header[this.#headerLength++] = this.#chunk[this.#offset++]!;
    }
    if (this.#headerLength < headerBytes) return false;
    this.#open(this.#header, 0);
    return true;
  }

  #open(bytes: Uint8Array, offset: number): void {
    this.type = bytes[offset]!;
    this.#missing = checkedLength(readInt32(bytes, offset + 1), this.#bodyBytesMax) - 4;
    this.bodyBytes = this.#missing;
    this.#headerLength = headerBytes;
    this.#kept = this.#watched[this.type] === 1 && this.bodyBytes <= this.#watchedBytesMax ? noBytes : null;
  }

  #keep(count: number): Uint8Array {
    if (this.#keptLength === 0) this.#kept = new Uint8Array(this.bodyBytes);
    this.#kept!.set(this.#chunk.subarray(this.#offset, this.#offset + count), this.#keptLength);
    this.#keptLength += count;
    return this.#kept!;
  }
}
