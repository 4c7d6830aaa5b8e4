// A buffer in which frames that Weir changed or made are put together, to leave in one write.

/** Makes memory for bytes that go to a socket; the app may give pooled memory of its own. */
export type Allocate = (bytes: number) => Uint8Array;

/** Where bytes go, and whether more may be read from there: the part of a connection that the core uses. */
export interface Peer {
  /** True: written, the bytes may be overwritten. False: they must stay until the peer has drained. */
  write(bytes: Uint8Array): boolean;
  readonly unsentBytes: number;
  pause(): void;
  resume(): void;
}

const sizeMin = 16 * 1024;

/** Grows as needed; reused from write to write. */
export class OutBuffer {
  private readonly allocate: Allocate;
  private bytes: Uint8Array;
  length = 0;

  constructor(allocate: Allocate) {
    this.allocate = allocate;
    this.bytes = allocate(sizeMin);
  }

  /** Adds `source[from..to)`. */
  append(source: Uint8Array, from: number, to: number): void {
    const count = to - from;
    if (count <= 0) return;
    this.room(count);
    if (count < 32) {
      // A short copy by hand is cheaper than making a view for `set`.
      for (let i = 0; i < count; i++) this.bytes[this.length + i] = source[from + i]!;
    } else {
      this.bytes.set(source.subarray(from, to), this.length);
    }
    this.length += count;
  }

  /** Adds all of `source`. */
  add(source: Uint8Array): void {
    this.append(source, 0, source.length);
  }

  /** Adds the type byte and length of a frame whose body of `bodyBytes` is added next. */
  addHeader(type: number, bodyBytes: number): void {
    this.room(5);
    const length = bodyBytes + 4;
    this.bytes[this.length] = type;
    this.bytes[this.length + 1] = length >>> 24;
    this.bytes[this.length + 2] = length >>> 16;
    this.bytes[this.length + 3] = length >>> 8;
    this.bytes[this.length + 4] = length;
    this.length += 5;
  }

  addByte(byte: number): void {
    this.room(1);
    this.bytes[this.length++] = byte;
  }

  /** Writes what has been put together to `peer` and starts anew. */
  flushTo(peer: Peer): void {
    if (this.length === 0) return;
    const reusable = peer.write(this.bytes.subarray(0, this.length));
    this.length = 0;
    // Unsent bytes are still read from the old memory, or it has grown beyond what is worth keeping.
    if (!reusable || this.bytes.length > 4 * sizeMin) this.bytes = this.allocate(sizeMin);
  }

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const bytes = this.allocate(Math.max(this.bytes.length * 2, this.length + count));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }
}
