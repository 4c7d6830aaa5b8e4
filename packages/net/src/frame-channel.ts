// Reading message by message, for the stages of a login, where a few messages come and go. Not for the relay: it copies.
import { asError, ChannelClosedError, ChannelDeadlineError, ChannelLimitError } from './errors.ts';
import { idleHandler } from './node-connection.ts';
import type { Connection, ConnectionHandler } from './transport.ts';

// What a peer may send ahead of being asked for it; past this the connection is paused.
const readAheadBytesMax = 64 * 1024;

// The messages of most logins fit into it, one after the other, and it goes from channel to channel.
const heldBytesUsual = 512;
const sparesMax = 64;
const spares: Uint8Array[] = [];
const noBytes = new Uint8Array(0);

/**
 * A connection read message by message. It takes the connection's handler and reads on, so that a peer's leaving is
 * seen at once; `detach` gives both back. One read at a time. Reads reject with ChannelClosedError when the peer has
 * ended or lost the connection, ChannelLimitError on an impossible length, ChannelDeadlineError when the time is up.
 *
 * `take…` are the same reads without a promise: null, and nothing taken, while more must come, which `whenMore` tells of.
 */
export class FrameChannel implements ConnectionHandler {
  private readonly attached: Connection;
  private held: Uint8Array = spares.pop() ?? new Uint8Array(heldBytesUsual);
  private start = 0;
  private end = 0;
  /** Who waits, and for how many bytes. */
  private waiter: (() => void) | null = null;
  private wantedBytes = 0;
  private failure: Error | null = null;
  private detached = false;
  private timer: NodeJS.Timeout | null = null;
  private expired = false;
  private closeListener: ((error: Error) => void) | null = null;

  constructor(connection: Connection) {
    this.attached = connection;
    connection.handler = this;
    connection.resume();
  }

  get connection(): Connection {
    return this.attached;
  }

  /** Bytes that came but were not read yet. Before TLS starts it must be 0: what was stuffed in plaintext is refused. */
  get bufferedBytes(): number {
    return this.end - this.start;
  }

  /** The peer has ended or lost the connection, or `fail` was called. */
  get closed(): boolean {
    return this.failure !== null;
  }

  /** Calls `listener` once when the peer ends or loses the connection, at once if it has. For waits between reads. */
  whenClosed(listener: (error: Error) => void): void {
    if (this.failure !== null) listener(this.failure);
    else this.closeListener = listener;
  }

  /** Ends all reads in `ms` from now with ChannelDeadlineError; null takes the deadline back. */
  setDeadline(ms: number | null): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.expired = false;
    if (ms !== null) this.timer = setTimeout(() => this.expire(), ms);
  }

  /** The next `bytes` bytes, a copy. `deadlineMs` from now, if given, replaces the channel's deadline. */
  async read(bytes: number, deadlineMs?: number): Promise<Uint8Array> {
    if (deadlineMs !== undefined) this.setDeadline(deadlineMs);
    for (;;) {
      if (this.has(bytes)) return this.consume(bytes);
      await this.more();
    }
  }

  /** The next byte, left in place. */
  async peekByte(): Promise<number> {
    for (;;) {
      const byte = this.peek();
      if (byte !== null) return byte;
      await this.more();
    }
  }

  /** A packet without a type: an Int32 length that counts itself, then at most `bytesMax` bytes, which are returned. */
  async readStartupPacket(bytesMax: number): Promise<Uint8Array> {
    for (;;) {
      const packet = this.takeStartupPacket(bytesMax);
      if (packet !== null) return packet.slice();
      await this.more();
    }
  }

  /** A message: its type byte, and its body of at most `bytesMax` bytes. */
  async readFrame(bytesMax: number): Promise<{ type: number; body: Uint8Array }> {
    for (;;) {
      const frame = this.takeFrame(bytesMax);
      if (frame !== null) return { type: frame.type, body: frame.body.slice() };
      await this.more();
    }
  }

  /** As `read`, without a promise. */
  take(bytes: number): Uint8Array | null {
    return this.has(bytes) ? this.consume(bytes) : null;
  }

  /** As `peekByte`, without a promise. */
  peek(): number | null {
    return this.has(1) ? this.held[this.start]! : null;
  }

  /** As `readStartupPacket`, without a promise; a view that is valid until more is read. */
  takeStartupPacket(bytesMax: number): Uint8Array | null {
    if (!this.has(4)) return null;
    const bytes = this.lengthAt(this.start) - 4;
    // No such packet is shorter than the code that says what it is.
    if (bytes < 4 || bytes > bytesMax) throw new ChannelLimitError(bytes + 4, bytesMax);
    if (!this.has(4 + bytes)) return null;
    this.start += 4;
    return this.view(bytes);
  }

  /** As `readFrame`, without a promise; the body is a view that is valid until more is read. */
  takeFrame(bytesMax: number): { type: number; body: Uint8Array } | null {
    if (!this.has(5)) return null;
    const bytes = this.lengthAt(this.start + 1) - 4;
    if (bytes < 0 || bytes > bytesMax) throw new ChannelLimitError(bytes + 4, bytesMax);
    if (!this.has(5 + bytes)) return null;
    const type = this.held[this.start]!;
    this.start += 5;
    return { type, body: this.view(bytes) };
  }

  /** Calls `listener` once, when what the last `take…` lacked has come, or never will and the next one throws why. */
  whenMore(listener: () => void): void {
    if (this.waiter !== null || this.detached) {
      throw new Error('a channel takes one read at a time, none after detach');
    }
    this.waiter = listener;
    this.attached.resume();
  }

  /** As `Connection.write`; `bytes` must not be changed afterwards. */
  write(bytes: Uint8Array): boolean {
    return this.attached.write(bytes);
  }

  /**
   * Ends the channel: the connection is left paused, its handler free, and bytes read but not consumed are returned.
   * Throws what reads would, if the peer is gone already: its next handler would never hear of it.
   */
  detach(): Uint8Array {
    this.setDeadline(null);
    if (this.failure !== null) throw this.failure;
    if (this.waiter !== null) throw new Error('a channel was detached while a read was pending');
    this.attached.pause();
    this.attached.handler = idleHandler;
    this.detached = true;
    const rest = this.start === this.end ? noBytes : this.consume(this.end - this.start);
    if (this.held.length === heldBytesUsual && spares.length < sparesMax) spares.push(this.held);
    this.held = noBytes;
    this.start = this.end = 0;
    return rest;
  }

  /** Drops the connection; a pending read and all later ones reject with `error`. */
  fail(error: Error): void {
    this.close(error);
    this.attached.destroy();
  }

  /** @internal */
  onData(bytes: Uint8Array, length: number): void {
    if (this.start === this.end) this.start = this.end = 0;
    if (this.end + length > this.held.length) this.makeRoom(length);
    this.held.set(length === bytes.length ? bytes : bytes.subarray(0, length), this.end);
    this.end += length;
    const available = this.end - this.start;
    if (this.waiter === null) {
      if (available > readAheadBytesMax) this.attached.pause();
    } else if (available >= this.wantedBytes) this.wake();
  }

  /** @internal */
  onDrain(): void {}

  /** @internal */
  onEnd(): void {
    this.close(new ChannelClosedError());
  }

  /** @internal */
  onClose(error: Error | null): void {
    this.close(new ChannelClosedError(error ?? undefined));
  }

  private makeRoom(length: number): void {
    const used = this.end - this.start;
    let size = this.held.length;
    while (size < used + length) size *= 2;
    const room = size === this.held.length ? this.held : new Uint8Array(size);
    room.set(this.held.subarray(this.start, this.end), 0);
    this.held = room;
    this.start = 0;
    this.end = used;
  }

  /** Whether so many bytes are there. Throws if no read may be made, or they will never come. */
  private has(bytes: number): boolean {
    if (this.waiter !== null || this.detached) {
      throw new Error('a channel takes one read at a time, none after detach');
    }
    if (this.expired) throw new ChannelDeadlineError();
    if (this.end - this.start >= bytes) return true;
    if (this.failure !== null) throw this.failure;
    this.wantedBytes = bytes;
    return false;
  }

  private more(): Promise<void> {
    return new Promise((resolve) => this.whenMore(resolve));
  }

  private wake(): void {
    const { waiter } = this;
    this.waiter = null;
    waiter?.();
  }

  private view(bytes: number): Uint8Array {
    this.start += bytes;
    return this.held.subarray(this.start - bytes, this.start);
  }

  private consume(bytes: number): Uint8Array {
    const taken = this.held.slice(this.start, this.start + bytes);
    this.start += bytes;
    return taken;
  }

  private lengthAt(offset: number): number {
    const held = this.held;
    return (held[offset]! << 24) | (held[offset + 1]! << 16) | (held[offset + 2]! << 8) | held[offset + 3]!;
  }

  private expire(): void {
    this.timer = null;
    this.expired = true;
    this.wake();
  }

  private close(error: Error): void {
    if (this.failure !== null || this.detached) return;
    this.failure = error;
    this.setDeadline(null);
    this.wake();
    const listener = this.closeListener;
    this.closeListener = null;
    listener?.(asError(error));
  }
}
