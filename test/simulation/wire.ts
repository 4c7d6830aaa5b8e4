// A simulated connection: bytes take time, come in other pieces than they were sent in, and may wait for a slow reader.
import type { Peer } from '@weir/pooling';
import { copyOf } from '@weir/protocol';
import type { Clock, Random } from './random.ts';

export interface WireEnds {
  /** Bytes written by the core have reached the far side. */
  arrived(bytes: Uint8Array): void;
  /** Bytes from the far side reach the core; valid only during the call. */
  data(bytes: Uint8Array): void;
  /** All that was unsent has left. */
  drained(): void;
}

// A Buffer, as Node's sockets give: its `slice` shares memory, unlike that of other arrays.
const readBuffer = Buffer.alloc(64 * 1024);

/** The core's side of one connection, as its Peer, and the far side's `send`. */
export class Wire implements Peer {
  unsentBytes = 0;
  closed = false;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly ends: WireEnds;
  private readonly outgoing: { bytes: Uint8Array; counted: boolean }[] = [];
  private outgoingScheduled = false;
  private readonly incoming: Uint8Array[] = [];
  private incomingScheduled = false;
  private paused = false;
  private blocked = false;

  constructor(clock: Clock, random: Random, ends: WireEnds) {
    this.clock = clock;
    this.random = random;
    this.ends = ends;
  }

  write(bytes: Uint8Array): boolean {
    if (this.closed) return true;
    // Now and then the far side reads slowly: then the very memory is kept, so that reuse of it would be seen.
    const unsent = this.unsentBytes > 0 || this.random.chance(0.1);
    // Views of what was just read are safe by the transport's word; everything else is the core's own memory.
    const kept = unsent && bytes.buffer !== readBuffer.buffer;
    this.outgoing.push({ bytes: kept ? bytes : copyOf(bytes, 0, bytes.length), counted: unsent });
    if (unsent) {
      this.unsentBytes += bytes.length;
      this.blocked = true;
    }
    this.deliverLater();
    return !unsent;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.readLater();
  }

  /** The far side sends bytes to the core. */
  send(bytes: Uint8Array): void {
    if (this.closed) return;
    this.incoming.push(bytes);
    this.readLater();
  }

  close(): void {
    this.closed = true;
  }

  private deliverLater(): void {
    if (this.outgoingScheduled) return;
    this.outgoingScheduled = true;
    this.clock.after(this.random.next() * 2, () => {
      this.outgoingScheduled = false;
      const next = this.outgoing.shift();
      if (next === undefined) return;
      if (next.counted) this.unsentBytes -= next.bytes.length;
      this.ends.arrived(copyOf(next.bytes, 0, next.bytes.length));
      if (this.outgoing.length > 0) this.deliverLater();
      else if (this.blocked) {
        this.blocked = false;
        if (!this.closed) this.ends.drained();
      }
    });
  }

  private readLater(): void {
    if (this.incomingScheduled || this.paused || this.incoming.length === 0) return;
    this.incomingScheduled = true;
    this.clock.after(this.random.next() * 2, () => {
      this.incomingScheduled = false;
      if (this.paused || this.closed) return;
      let length = 0;
      // Several writes may come in one read, and one write in several.
      while (this.incoming.length > 0 && (length === 0 || this.random.chance(0.5))) {
        const bytes = this.incoming[0]!;
        const room = readBuffer.length - length;
        const count = this.random.chance(0.3)
          ? this.random.int(1, Math.min(bytes.length, room))
          : Math.min(bytes.length, room);
        readBuffer.set(bytes.subarray(0, count), length);
        length += count;
        if (count === bytes.length) this.incoming.shift();
        else this.incoming[0] = bytes.subarray(count);
        if (length === readBuffer.length) break;
      }
      // What is kept beyond the call must have been copied: these bytes change right after it.
      const bytes = readBuffer.subarray(0, length);
      this.ends.data(bytes);
      bytes.fill(0xff);
      if (this.incoming.length > 0) this.readLater();
    });
  }
}
