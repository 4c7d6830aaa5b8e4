// Connections over Bun's own sockets, plain or TLS: reads come in memory of their own, writes go to the kernel in the same turn.
import type { BunSocket } from './bun-runtime.ts';
import { asError } from './errors.ts';
import { idleHandler, plainAddress } from './node-connection.ts';
import type { Connection, ConnectionHandler, TlsFacts } from './transport.ts';

/** A connection over a socket of `Bun.listen` or `Bun.connect`, or over one that was upgraded to TLS. */
export class BunConnection implements Connection {
  handler: ConnectionHandler = idleHandler;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly tls: TlsFacts | null;
  unsentBytes = 0;
  private readonly socket: BunSocket;
  private unsent: Uint8Array[] = [];
  private early: Uint8Array[] = [];
  private paused = true;
  /** Destroyed, failed or closed: only onClose may follow, and bytes to send go nowhere. */
  private dropped = false;
  private ending = false;
  private endHeldBack = false;
  private endTold = false;
  private failure: Error | null = null;

  /** To be made in the turn in which `socket` opened, or agreed on TLS, before it was read from. */
  constructor(socket: BunSocket, tls: TlsFacts | null = null) {
    this.socket = socket;
    this.tls = tls;
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
    socket.data = this;
    socket.pause();
  }

  write(bytes: Uint8Array): boolean {
    if (this.dropped || this.ending) return true;
    if (this.unsentBytes > 0) {
      this.keep(bytes);
      return false;
    }
    const taken = this.socket.write(bytes);
    if (taken === bytes.length) return true;
    if (taken < 0) {
      this.writeFailed();
      return true;
    }
    this.keep(bytes.subarray(taken));
    return false;
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    if (!this.dropped) this.socket.pause();
  }

  resume(): void {
    if (!this.paused || this.dropped) return;
    this.paused = false;
    this.socket.resume();
    if (this.early.length > 0 || this.endHeldBack) process.nextTick(() => this.catchUp());
  }

  leave(): void {
    this.end();
  }

  end(): void {
    if (this.dropped || this.ending) return;
    this.ending = true;
    if (this.unsentBytes === 0) this.socket.shutdown();
  }

  destroy(): void {
    if (this.dropped) return;
    this.dropped = true;
    // Over TLS Bun's `close` waits for a peer that does not read.
    if (this.tls === null) this.socket.close();
    else this.socket.terminate();
  }

  /** Drops the connection at once; `error` is what onClose gets. */
  fail(error: Error): void {
    this.failure ??= error;
    this.destroy();
  }

  /** Gives the socket away for an upgrade to TLS: nothing is called any more. Null if it is gone already. */
  handOver(): BunSocket | null {
    if (this.dropped) return null;
    this.dropped = true;
    this.handler = idleHandler;
    this.early = [];
    return this.socket;
  }

  /** @internal */
  received(bytes: Uint8Array): void {
    if (this.dropped) return;
    // Bun reads on until the socket is empty, also when what it brought first paused us.
    if (this.paused) {
      this.early.push(bytes);
      return;
    }
    try {
      this.handler.onData(bytes, bytes.length);
    } catch (thrown) {
      this.fail(asError(thrown));
    }
  }

  /** @internal The kernel has room again. Bun says so also when nothing waits for it. */
  writable(): void {
    if (this.unsentBytes === 0 || this.dropped) return;
    let sent = 0;
    for (const bytes of this.unsent) {
      const taken = this.socket.write(bytes);
      if (taken < 0) {
        this.writeFailed();
        return;
      }
      this.unsentBytes -= taken;
      if (taken < bytes.length) {
        this.unsent = [bytes.subarray(taken), ...this.unsent.slice(sent + 1)];
        return;
      }
      sent++;
    }
    this.unsent = [];
    if (this.ending) this.socket.shutdown();
    else this.drained();
  }

  /** @internal */
  ended(): void {
    if (this.dropped) return;
    if (this.paused || this.early.length > 0) {
      this.endHeldBack = true;
      return;
    }
    this.endHeldBack = false;
    this.endTold = true;
    try {
      this.handler.onEnd();
    } catch (thrown) {
      this.fail(asError(thrown));
    }
  }

  /** @internal */
  closed(error: Error | null): void {
    // After both ends of file Bun closes without a word about the peer's.
    if (error === null && this.ending && !this.endTold) this.ended();
    this.dropped = true;
    this.failure ??= error;
    // Bun closes within `close` and `shutdown`; whoever called those does not expect to be called back before they return.
    process.nextTick(() => this.told());
  }

  private keep(bytes: Uint8Array): void {
    this.unsent.push(bytes);
    this.unsentBytes += bytes.length;
  }

  private catchUp(): void {
    while (this.early.length > 0 && !this.paused && !this.dropped) this.received(this.early.shift()!);
    if (this.endHeldBack) this.ended();
  }

  private drained(): void {
    try {
      this.handler.onDrain();
    } catch (thrown) {
      this.fail(asError(thrown));
    }
  }

  // Bun does not say which of the two it was.
  private writeFailed(): void {
    this.fail(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }));
  }

  private told(): void {
    const handler = this.handler;
    this.handler = idleHandler;
    try {
      handler.onClose(this.failure);
    } catch (thrown) {
      // Nothing is left to destroy, and nobody above to tell.
      process.emitWarning(asError(thrown));
    }
  }
}
