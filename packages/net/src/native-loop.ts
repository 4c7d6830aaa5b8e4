// The event loop of native sockets as JavaScript sees it: who is told of which descriptor, and the memory read into.
import { getSystemErrorName } from 'node:util';
import { loadNativeSockets, type NativeSockets } from './native-addon.ts';
import { plainAddress } from './node-connection.ts';
import { readBytesMax } from './read-memory.ts';
import type { Connection } from './transport.ts';

/** Bits of what may have happened, as epoll has them. */
export const readableEvents = 0x1 | 0x8 | 0x10 | 0x2000; // IN, ERR, HUP, RDHUP
export const writableEvents = 0x4 | 0x8 | 0x10; // OUT, ERR, HUP
/** Nothing more will come after what is there: the end of file or an error is still to be read. */
export const lastEvents = 0x8 | 0x10 | 0x2000; // ERR, HUP, RDHUP

/** Errors that are answers, negated as the addon gives them. */
export const again = -11; // EAGAIN
export const inProgress = -115; // EINPROGRESS
export const notConnected = -107; // ENOTCONN

/** Whoever owns a descriptor. An event is a hint to look, and there may be one too many. */
export interface Watcher {
  happened(events: number): void;
  /** Asked for by `lookAgain`. */
  look(): void;
}

export type PeerAddress = Pick<Connection, 'remoteAddress' | 'remotePort'>;

/** Whoever queues writes. */
export interface Writer {
  /** Of `memory[offset..offset + length)`, queued before, `taken` bytes were taken; or it is a negated errno. */
  sent(offset: number, length: number, taken: number): void;
}

// As transport.h has them.
const interfaceNumber = 4;
const eventsMax = 256;
const writesMax = 128;
const writesAt = 1 + 2 * eventsMax;
const tlsAt = writesAt + 3 * writesMax;
const peerAt = tlsAt + 4;
const sharedLength = peerAt + 2;
const layout = [interfaceNumber, eventsMax, writesMax, writesAt, tlsAt, sharedLength].join();

// Reads of one round whose bytes wait to be sent on. Beside each other by a little more than their size, or the few bytes
// that most of them hold would fight for the same lines of the cache.
const slotCount = 64;
const slotBytes = readBytesMax + 192;
const outAt = slotCount * slotBytes;
const outBytesMax = 64 * 1024;
// For TLS: what was read encrypted, and what is to be encrypted and lies elsewhere.
const cipherAt = outAt + outBytesMax;
const recordBytesMax = 16 * 1024;
/** What is left of a slot is for the record that an earlier read began. */
const cipherBytesMax = readBytesMax - recordBytesMax - 1024;
const plainAt = cipherAt + cipherBytesMax;
const addressTextsMax = 4096;
/** Larger writes are sent at once: for them the copy, or the slot that they keep, costs more than the call. */
const queuedBytesMax = 8 * 1024;

/**
 * Descriptors, each with its watcher, and the system calls on them. One a process (or worker).
 *
 * What is written while a round is told of is queued and sent at its end, all by one call: whom a send wakes up takes the
 * core from us, and does so here when the round's work is done.
 */
export class NativeLoop {
  readonly memory = new Uint8Array(plainAt + recordBytesMax);
  /** A read of `readCipher`, whole, lies here. */
  readonly cipherAt = cipherAt;
  readonly cipherBytesMax = cipherBytesMax;
  /** Of one piece that is encrypted at once. */
  readonly recordBytesMax = recordBytesMax;
  readonly sockets: NativeSockets;
  /** Where the next `read` puts its bytes. They are valid until the one after it. */
  slot: Uint8Array;
  private readonly slots: Uint8Array[] = [];
  private readonly shared = new Int32Array(sharedLength);
  private readonly watchers: (Watcher | undefined)[] = [];
  private readonly writers: Writer[] = [];
  private readonly addressTexts = new Map<number, string>();
  private readonly lengths = new Int32Array(writesMax);
  private open = 0;
  /** How many rounds there have been. */
  rounds = 0;
  private wanting: Watcher[] = [];
  private wanted: Watcher[] = [];
  private telling = false;
  private queued = 0;
  private slotIndex = 0;
  private slotLent = false;
  private outUsed = 0;

  /** Throws an Error if the addon is of other sources. */
  constructor(sockets: NativeSockets) {
    if (sockets.layout?.().join() !== layout)
      throw new Error('it was built of other sources: build it again');
    this.sockets = sockets;
    for (let index = 0; index < slotCount; index++) {
      this.slots.push(this.memory.subarray(index * slotBytes, index * slotBytes + readBytesMax));
    }
    this.slot = this.slots[0]!;
    sockets.start((count) => this.dispatch(count), this.shared, this.memory);
  }

  /** From now on `watcher` is told, in the place of who was told before. */
  watch(fd: number, watcher: Watcher): void {
    if (this.watchers[fd] === undefined && this.open++ === 0) this.sockets.keepAlive(true);
    this.watchers[fd] = watcher;
  }

  /** Address and port of who was accepted last as `fd`. */
  acceptedPeer(fd: number): PeerAddress {
    const address = this.shared[peerAt]!;
    if (address !== 0) return { remoteAddress: this.ipv4Text(address), remotePort: this.shared[peerAt + 1]! };
    return this.peerOf(fd);
  }

  /** As the kernel has them, which after a reset it has no longer. */
  peerOf(fd: number): PeerAddress {
    const peer = this.sockets.peer(fd) ?? '0 ';
    const space = peer.indexOf(' ');
    return { remoteAddress: plainAddress(peer.slice(space + 1)), remotePort: Number(peer.slice(0, space)) };
  }

  // Many clients come from few addresses.
  private ipv4Text(address: number): string {
    let text = this.addressTexts.get(address);
    if (text === undefined) {
      if (this.addressTexts.size >= addressTextsMax) this.addressTexts.clear();
      text = `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
      this.addressTexts.set(address, text);
    }
    return text;
  }

  close(fd: number): void {
    this.forget(fd);
    this.sockets.close(fd);
  }

  /** Leaves the descriptor to somebody else. */
  release(fd: number): void {
    this.forget(fd);
    this.sockets.release(fd);
  }

  private forget(fd: number): void {
    this.watchers[fd] = undefined;
    if (--this.open === 0) this.sockets.keepAlive(false);
  }

  /** `look` is called in the next round, which then does not wait. To be asked for once until then. */
  lookAgain(watcher: Watcher): void {
    this.wanting.push(watcher);
    this.shared[0] = 1;
  }

  /** Reads into `slot`: bytes, 0 at the end of file, or a negated errno. */
  read(fd: number): number {
    return this.sockets.read(fd, this.freeSlot().byteOffset, readBytesMax);
  }

  /** Reads to `cipherAt`, at most `cipherBytesMax` bytes. */
  readCipher(fd: number): number {
    return this.sockets.read(fd, cipherAt, cipherBytesMax);
  }

  /** `slot`, with nothing in it that waits to be sent. */
  freeSlot(): Uint8Array {
    if (this.slotLent) this.nextSlot();
    return this.slot;
  }

  /** Where `bytes` lie or were copied to in `memory`; at most `recordBytesMax`. */
  plain(bytes: Uint8Array): number {
    if (bytes.buffer === this.memory.buffer) return bytes.byteOffset;
    this.memory.set(bytes, plainAt);
    return plainAt;
  }

  /** Room in `memory` for bytes to be queued or sent next; `take` says how many of them it became. */
  room(length: number): number {
    if (this.queued === writesMax || this.outUsed + length > outBytesMax) this.flush();
    return outAt + this.outUsed;
  }

  /** A view of what was put into `room`. */
  take(at: number, length: number): Uint8Array {
    this.outUsed = at - outAt + length;
    return this.memory.subarray(at, at + length);
  }

  /** What the last call of TLS brought. */
  get tlsPlainBytes(): number {
    return this.shared[tlsAt]!;
  }
  get tlsOutBytes(): number {
    return this.shared[tlsAt + 1]!;
  }
  get tlsStatus(): number {
    return this.shared[tlsAt + 2]!;
  }
  get tlsUnreadBytes(): number {
    return this.shared[tlsAt + 3]!;
  }

  /** False if `bytes` are to be sent at once, what is queued having been sent; else `writer` hears what came of it. */
  queue(fd: number, bytes: Uint8Array, writer: Writer): boolean {
    const { length } = bytes;
    if (!this.telling || length > queuedBytesMax) {
      this.flush();
      return false;
    }
    let at: number;
    if (bytes.buffer === this.memory.buffer) {
      if (this.queued === writesMax) this.flush();
      at = bytes.byteOffset;
      this.slotLent ||= at < outAt;
    } else {
      at = this.room(length);
      this.memory.set(bytes, at);
      this.outUsed += length;
    }
    const { shared } = this;
    const triple = writesAt + 3 * this.queued;
    // Behind the write before, for the same peer: they leave as one.
    if (this.queued > 0 && this.writers[this.queued - 1] === writer) {
      if (shared[triple - 2]! + shared[triple - 1]! === at) {
        shared[triple - 1]! += length;
        this.lengths[this.queued - 1]! += length;
        return true;
      }
    }
    shared[triple] = fd;
    shared[triple + 1] = at;
    shared[triple + 2] = length;
    this.lengths[this.queued] = length;
    this.writers[this.queued++] = writer;
    return true;
  }

  /** Sends all that is queued. */
  flush(): void {
    const count = this.queued;
    this.outUsed = 0;
    if (count === 0) return;
    this.queued = 0;
    this.sockets.sendAll(count);
    const { shared, lengths, writers } = this;
    for (let index = 0, at = writesAt; index < count; index++, at += 3) {
      writers[index]!.sent(shared[at + 1]!, lengths[index]!, shared[at + 2]!);
    }
  }

  private nextSlot(): void {
    this.slotLent = false;
    if (++this.slotIndex === slotCount) {
      this.flush();
      this.slotIndex = 0;
    }
    this.slot = this.slots[this.slotIndex]!;
  }

  private dispatch(count: number): void {
    const { shared, watchers } = this;
    const wanting = this.wanting;
    this.wanting = this.wanted;
    this.wanted = wanting;
    shared[0] = 0;
    this.rounds++;
    this.telling = true;
    try {
      for (let at = 1; at < 1 + 2 * count; at += 2) watchers[shared[at]!]?.happened(shared[at + 1]!);
      for (const watcher of wanting) watcher.look();
    } finally {
      // Also after a fault of ours, should the process outlive it: later rounds count on it.
      wanting.length = 0;
      this.telling = false;
      this.flush();
      this.slotLent = false;
      this.slotIndex = 0;
      this.slot = this.slots[0]!;
    }
  }
}

/** What Node itself would say of a system call that failed with `status`, an errno negated. */
export function systemError(status: number, syscall: string): NodeJS.ErrnoException {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`${syscall} ${code}`), { code, errno: status, syscall });
}

let loop: NativeLoop | null = null;

/** The loop of this process, made when it is first asked for. Throws an Error that says why there can be none. */
export function nativeLoop(): NativeLoop {
  loop ??= new NativeLoop(loadNativeSockets());
  return loop;
}
