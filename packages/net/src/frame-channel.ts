// Reading with promises, for the stages of a login, where a few messages come and go. Not for the relay: it allocates.
import { asError, ChannelClosedError, ChannelDeadlineError, ChannelLimitError } from './errors.ts';
import { idleHandler } from './node-connection.ts';
import type { Connection, ConnectionHandler } from './transport.ts';

// What a peer may send ahead of being asked for it; past this the connection is paused.
const readAheadBytesMax = 64 * 1024;

/**
 * A connection read message by message. It takes the connection's handler and reads on, so that a peer's leaving is
 * seen at once; `detach` gives both back. One read at a time. Reads reject with ChannelClosedError when the peer has
 * ended or lost the connection, ChannelLimitError on an impossible length, ChannelDeadlineError when the time is up.
 */
export class FrameChannel {
  private readonly attached: Connection;
  private held: Uint8Array = new Uint8Array(512);
  private start = 0;
  private end = 0;
  private wanted: { bytes: number; resolve: () => void; reject: (error: Error) => void } | null = null;
  private failure: Error | null = null;
  private detached = false;
  private timer: NodeJS.Timeout | null = null;
  private expired = false;
  private closeListener: ((error: Error) => void) | null = null;

  constructor(connection: Connection) {
    this.attached = connection;
    const handler: ConnectionHandler = {
      onData: (bytes, length) => this.take(bytes, length),
      onDrain() {},
      onEnd: () => this.close(new ChannelClosedError()),
      onClose: (error) => this.close(new ChannelClosedError(error ?? undefined)),
    };
    connection.handler = handler;
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
    await this.atLeast(bytes);
    return this.consume(bytes);
  }

  /** The next byte, left in place. */
  async peekByte(): Promise<number> {
    await this.atLeast(1);
    return this.held[this.start]!;
  }

  /** A packet without a type: an Int32 length that counts itself, then at most `bytesMax` bytes, which are returned. */
  async readStartupPacket(bytesMax: number): Promise<Uint8Array> {
    await this.atLeast(4);
    const bytes = this.lengthAt(this.start) - 4;
    // No such packet is shorter than the code that says what it is.
    if (bytes < 4 || bytes > bytesMax) throw new ChannelLimitError(bytes + 4, bytesMax);
    await this.atLeast(4 + bytes);
    this.start += 4;
    return this.consume(bytes);
  }

  /** A message: its type byte, and its body of at most `bytesMax` bytes. */
  async readFrame(bytesMax: number): Promise<{ type: number; body: Uint8Array }> {
    await this.atLeast(5);
    const bytes = this.lengthAt(this.start + 1) - 4;
    if (bytes < 0 || bytes > bytesMax) throw new ChannelLimitError(bytes + 4, bytesMax);
    await this.atLeast(5 + bytes);
    const type = this.held[this.start]!;
    this.start += 5;
    return { type, body: this.consume(bytes) };
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
    if (this.wanted !== null) throw new Error('a channel was detached while a read was pending');
    this.attached.pause();
    this.attached.handler = idleHandler;
    this.detached = true;
    return this.consume(this.end - this.start);
  }

  /** Drops the connection; a pending read and all later ones reject with `error`. */
  fail(error: Error): void {
    this.close(error);
    this.attached.destroy();
  }

  private take(bytes: Uint8Array, length: number): void {
    if (this.start === this.end) this.start = this.end = 0;
    if (this.end + length > this.held.length) this.makeRoom(length);
    this.held.set(bytes.subarray(0, length), this.end);
    this.end += length;
    const wanted = this.wanted;
    const available = this.end - this.start;
    if (wanted !== null && available >= wanted.bytes) {
      this.wanted = null;
      wanted.resolve();
    } else if (wanted === null && available > readAheadBytesMax) this.attached.pause();
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

  private atLeast(bytes: number): Promise<void> {
    if (this.wanted !== null || this.detached) {
      return Promise.reject(new Error('a channel takes one read at a time, none after detach'));
    }
    if (this.expired) return Promise.reject(new ChannelDeadlineError());
    if (this.end - this.start >= bytes) return Promise.resolve();
    if (this.failure !== null) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.wanted = { bytes, resolve, reject };
      this.attached.resume();
    });
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
    this.rejectWanted(new ChannelDeadlineError());
  }

  private close(error: Error): void {
    if (this.failure !== null || this.detached) return;
    this.failure = error;
    this.setDeadline(null);
    this.rejectWanted(error);
    const listener = this.closeListener;
    this.closeListener = null;
    listener?.(asError(error));
  }

  private rejectWanted(error: Error): void {
    const wanted = this.wanted;
    this.wanted = null;
    wanted?.reject(error);
  }
}
