// Cuts a byte stream into frames, however it was split. No message is interpreted here.
import { noBytes, readInt32 } from './bytes.ts';
import { ProtocolViolation } from './protocol-violation.ts';

const headerBytes = 5;

/** One frame: its type byte and its body, without the length. */
export interface Frame {
  readonly type: number;
  readonly body: Uint8Array;
}

/**
 * `push` bytes as they arrive and call `next` until it returns null. Bodies are views on the pushed bytes
 * (frames that came in one piece) or on an array of their own (frames that were cut). Once `next` has
 * returned null the reader has copied what it still needs, and the pushed bytes may be overwritten.
 */
export class FrameReader {
  readonly #bodyBytesMax: number;
  #chunk: Uint8Array = noBytes;
  #offset = 0;
  #end = 0;
  /** The beginning of a frame that was cut; only the first `#heldLength` bytes count. */
  #held: Uint8Array = noBytes;
  #heldLength = 0;

  /** Frames with a body of more than `bodyBytesMax` bytes are refused before memory is given to them. */
  constructor(bodyBytesMax: number) {
    this.#bodyBytesMax = bodyBytesMax;
  }

  /** Bytes that were pushed and not yet returned as frames. */
  get bufferedBytes(): number {
    return this.#heldLength + this.#end - this.#offset;
  }

  /** Adds `chunk[start..end)` to the stream. */
  push(chunk: Uint8Array, start = 0, end = chunk.length): void {
    if (this.#offset < this.#end) {
      // The caller did not take all frames before: keep the order by joining what is left with what came.
      const left = this.#end - this.#offset;
      const joined = new Uint8Array(left + end - start);
      joined.set(this.#chunk.subarray(this.#offset, this.#end));
      joined.set(chunk.subarray(start, end), left);
      this.#chunk = joined;
      this.#offset = 0;
      this.#end = joined.length;
      return;
    }
    this.#chunk = chunk;
    this.#offset = start;
    this.#end = end;
  }

  /** The next whole frame, or null. Throws ProtocolViolation for a length that cannot be or passes the limit. */
  next(): Frame | null {
    if (this.#heldLength > 0) return this.#completeHeld();
    const available = this.#end - this.#offset;
    if (available >= headerBytes) {
      const frameBytes = this.#frameBytes(this.#chunk, this.#offset);
      if (available >= frameBytes) {
        const start = this.#offset;
        this.#offset += frameBytes;
        return {
          type: this.#chunk[start]!,
          body: this.#chunk.subarray(start + headerBytes, start + frameBytes),
        };
      }
    }
    if (available > 0) this.#hold(available);
    this.#chunk = noBytes;
    this.#offset = this.#end = 0;
    return null;
  }

  /** Takes out what was pushed and not yet returned, for another reader of the same stream. */
  takeRest(): Uint8Array {
    const rest = new Uint8Array(this.bufferedBytes);
    rest.set(this.#held.subarray(0, this.#heldLength));
    rest.set(this.#chunk.subarray(this.#offset, this.#end), this.#heldLength);
    this.#chunk = this.#held = noBytes;
    this.#heldLength = this.#offset = this.#end = 0;
    return rest;
  }

  #completeHeld(): Frame | null {
    if (this.#heldLength < headerBytes) {
      this.#hold(Math.min(headerBytes - this.#heldLength, this.#end - this.#offset));
      if (this.#heldLength < headerBytes) return null;
    }
    const frameBytes = this.#frameBytes(this.#held, 0);
    this.#hold(Math.min(frameBytes - this.#heldLength, this.#end - this.#offset));
    if (this.#heldLength < frameBytes) return null;
    const frame = { type: this.#held[0]!, body: this.#held.subarray(headerBytes, frameBytes) };
    // The array now belongs to the frame, so the next cut frame gets a new one.
    this.#held = noBytes;
    this.#heldLength = 0;
    return frame;
  }

  /** Moves `count` bytes of the chunk to the held beginning. Memory follows what arrived, not what a length claims. */
  #hold(count: number): void {
    const needed = this.#heldLength + count;
    if (needed > this.#held.length) {
      const grown = new Uint8Array(Math.max(needed, this.#held.length * 2, 64));
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(this.#chunk.subarray(this.#offset, this.#offset + count), this.#heldLength);
    this.#heldLength = needed;
    this.#offset += count;
  }

  #frameBytes(bytes: Uint8Array, offset: number): number {
    return 1 + checkedLength(readInt32(bytes, offset + 1), this.#bodyBytesMax);
  }
}

/** A frame's length field (which counts itself) after checking it. Throws ProtocolViolation. */
export function checkedLength(length: number, bodyBytesMax: number): number {
  if (length < 4) throw new ProtocolViolation('invalid message length');
  if (length - 4 > bodyBytesMax) {
    throw new ProtocolViolation(`message of ${length - 4} bytes passes the limit of ${bodyBytesMax}`);
  }
  return length;
}
