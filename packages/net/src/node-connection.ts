// What plain and TLS connections over Node's sockets share: one handler, one onClose, contained exceptions. No reading.
import type { Socket } from 'node:net';
import { asError } from './errors.ts';
import type { Connection, ConnectionHandler, TlsFacts } from './transport.ts';

const owner = Symbol('connection');
type OwnedSocket = Socket & { [owner]?: NodeConnection };

const nothing = Buffer.alloc(0);

/** Hears everything and does nothing: the handler of a connection between two stages. */
export const idleHandler: ConnectionHandler = {
  onData() {},
  onDrain() {},
  onEnd() {},
  onClose() {},
};

/** A connection over a socket of node:net or node:tls. */
export abstract class NodeConnection implements Connection {
  handler: ConnectionHandler = idleHandler;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly tls: TlsFacts | null;
  protected readonly socket: Socket;
  protected paused = true;
  /** Destroyed, failed or handed on: only onClose may follow, and bytes to send go nowhere. */
  protected dropped = false;
  private ending = false;
  private awaitingDrain = false;
  private endHeldBack = false;
  private failure: Error | null = null;

  constructor(socket: Socket, tls: TlsFacts | null) {
    this.socket = socket;
    this.tls = tls;
    // Asked for now: after a reset the kernel no longer knows them.
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
    (socket as OwnedSocket)[owner] = this;
    socket.on('end', onSocketEnd);
    socket.on('drain', onSocketDrain);
    socket.on('error', onSocketError);
    socket.on('close', onSocketClose);
  }

  abstract write(bytes: Uint8Array): boolean;
  protected abstract startReading(): void;

  get unsentBytes(): number {
    return this.socket.writableLength;
  }

  /** True once bytes to send would go nowhere. */
  protected get sealed(): boolean {
    return this.dropped || this.ending;
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.paused || this.dropped) return;
    this.paused = false;
    this.startReading();
    if (this.endHeldBack) process.nextTick(() => this.ended());
  }

  leave(): void {
    this.end();
  }

  end(): void {
    if (this.sealed) return;
    this.ending = true;
    this.socket.end();
  }

  destroy(): void {
    this.dropped = true;
    this.socket.destroy();
  }

  /** Drops the connection at once; `error` is what onClose gets. */
  fail(error: Error): void {
    this.failure ??= error;
    this.destroy();
  }

  /** Gives the socket away, as for an upgrade to TLS: no callback comes any more, `destroy` still drops it. */
  handOver(): Socket {
    this.dropped = true;
    this.handler = idleHandler;
    const socket = this.socket;
    socket.off('end', onSocketEnd);
    socket.off('drain', onSocketDrain);
    socket.off('error', onSocketError);
    socket.off('close', onSocketClose);
    return socket;
  }

  protected deliver(bytes: Uint8Array, length: number): void {
    if (this.dropped) return;
    try {
      this.handler.onData(bytes, length);
    } catch (thrown) {
      this.fail(asError(thrown));
    }
  }

  /** To be called whenever `write` is about to return false: onDrain follows, unless the connection ends first. */
  protected promiseDrain(): void {
    if (this.awaitingDrain) return;
    this.awaitingDrain = true;
    this.watchDrain();
  }

  // Node emits 'drain' only after its high-water mark was passed. Below it an empty write, queued behind the unsent
  // bytes, tells by its callback that they are gone.
  private watchDrain(): void {
    if (this.socket.writableLength > 0 && !this.socket.writableNeedDrain)
      this.socket.write(nothing, () => this.drained());
  }

  /** @internal */
  drained(): void {
    if (!this.awaitingDrain || this.sealed || this.socket.destroyed) return;
    if (this.unsentBytes > 0) {
      this.watchDrain();
      return;
    }
    this.awaitingDrain = false;
    try {
      this.handler.onDrain();
    } catch (thrown) {
      this.fail(asError(thrown));
    }
  }

  /** @internal */
  ended(): void {
    if (this.dropped) return;
    if (this.paused) {
      this.endHeldBack = true;
      return;
    }
    this.endHeldBack = false;
    try {
      this.handler.onEnd();
    } catch (thrown) {
      this.fail(asError(thrown));
    }
  }

  /** @internal */
  broken(error: Error): void {
    this.dropped = true;
    this.failure ??= error;
  }

  /** @internal */
  closed(): void {
    this.dropped = true;
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

function onSocketEnd(this: OwnedSocket): void {
  this[owner]?.ended();
}

function onSocketDrain(this: OwnedSocket): void {
  this[owner]?.drained();
}

function onSocketError(this: OwnedSocket, error: Error): void {
  this[owner]?.broken(error);
}

function onSocketClose(this: OwnedSocket): void {
  this[owner]?.closed();
}

/** An IPv4 peer of a dual-stack socket by its IPv4 address. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
