// Plain connections over native sockets: reads into one memory for all, small writes queued, what is not taken kept here.
import { Socket } from 'node:net';
import { asError } from './errors.ts';
import {
  again,
  lastEvents,
  type NativeLoop,
  notConnected,
  type PeerAddress,
  readableEvents,
  systemError,
  type Watcher,
  type Writer,
  writableEvents,
} from './native-loop.ts';
import { idleHandler } from './node-connection.ts';
import { copyBytes, readBytesMax } from './read-memory.ts';
import type { Connection, ConnectionHandler, TlsFacts } from './transport.ts';

// Shared by all that keep nothing; never written to.
const nothing: Uint8Array[] = [];

/** What `receive` says of bytes that are not yet worth telling. */
export const nothingYet = -0x10000;

/** A connection over a descriptor that is connected; without TLS, but for the class made of it. */
export class NativeConnection implements Connection, Watcher, Writer {
  handler: ConnectionHandler = idleHandler;
  readonly remoteAddress: string;
  readonly remotePort: number;
  tls: TlsFacts | null = null;
  /** @internal */
  readonly loop: NativeLoop;
  protected readonly fd: number;
  /** Waits for the end of the round. */
  private queuedBytes = 0;
  /** What the kernel did not take; it is asked again when it has room. */
  private kept: Uint8Array[] = nothing;
  private keptBytes = 0;
  protected awaitingDrain = false;
  protected paused = true;
  /** An event told of something to read, and no read has found the socket empty since. */
  protected readable = false;
  /** An event told that nothing will come after what is there: only a read that finds it ends the reading. */
  protected lastKnown = false;
  /** The last read brought as much as it could. */
  protected filled = false;
  private willLook = false;
  private endRead = false;
  protected ending = false;
  private endSent = false;
  /** Destroyed, failed or handed on: only onClose may follow, and bytes to send go nowhere. */
  protected dropped = false;
  private failure: Error | null = null;

  /** `peer` is asked for now, if not given: after a reset the kernel no longer knows it. */
  constructor(loop: NativeLoop, fd: number, peer: PeerAddress | null) {
    this.loop = loop;
    this.fd = fd;
    const { remoteAddress, remotePort } = peer ?? loop.peerOf(fd);
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    loop.watch(fd, this);
  }

  get unsentBytes(): number {
    return this.queuedBytes + this.keptBytes;
  }

  write(bytes: Uint8Array): boolean {
    if (this.dropped || this.ending || bytes.length === 0) return true;
    if (this.send(bytes)) return true;
    this.awaitingDrain = true;
    return false;
  }

  /** False if the bytes have to stay, unless they lie in the loop's memory; true if they have left, or nobody wants them. */
  protected send(bytes: Uint8Array): boolean {
    const { length } = bytes;
    if (this.keptBytes > 0) {
      this.keep(bytes);
      return false;
    }
    if (this.loop.queue(this.fd, bytes, this)) {
      this.queuedBytes += length;
      return true;
    }
    // Looked at again: what was queued is sent by now, or was not taken.
    if (this.dropped) return true;
    const taken = this.keptBytes === 0 ? this.loop.sockets.send(this.fd, bytes) : again;
    if (taken === length) return true;
    if (taken < 0 && taken !== again) {
      this.fail(systemError(taken, 'write'));
      return true;
    }
    this.keep(taken < 0 ? bytes : bytes.subarray(taken));
    return false;
  }

  /** @internal */
  sent(offset: number, length: number, taken: number): void {
    this.queuedBytes -= length;
    if (taken === length || this.dropped) return;
    if (taken < 0 && taken !== again) this.fail(systemError(taken, 'write'));
    else this.keep(this.loop.memory.subarray(offset + Math.max(taken, 0), offset + length));
  }

  pause(): void {
    // Costs nothing until the socket is readable, and then a flag.
    this.paused = true;
  }

  resume(): void {
    if (!this.paused || this.dropped) return;
    this.paused = false;
    if (this.readable) this.lookLater();
  }

  // Neither of the two that give the connection away has anything unsent: before TLS there is a byte or a request of
  // eight, on a connection that was just made.

  /** Gives the descriptor away to another connection of this loop; null if it is gone. Nothing is called any more. */
  takeOver(): number | null {
    this.loop.flush();
    if (this.dropped) return null;
    this.drop();
    this.handler = idleHandler;
    return this.fd;
  }

  end(): void {
    if (this.dropped || this.ending) return;
    this.loop.flush();
    this.ending = true;
    if (this.keptBytes === 0 && !this.dropped) this.sendEnd();
  }

  leave(): void {
    if (this.dropped || this.ending) return;
    if (this.queuedBytes > 0) this.loop.flush();
    // Without unread bytes to come, closing tells the peer the same as end of file.
    if (this.keptBytes === 0) this.destroy();
    else this.end();
  }

  destroy(): void {
    if (this.dropped) return;
    // What was written before is the kernel's to deliver.
    if (this.queuedBytes > 0) this.loop.flush();
    if (this.dropped) return;
    this.drop();
    this.loop.close(this.fd);
    // Whoever destroys does not expect to be called back before that has returned.
    process.nextTick(closed, this);
  }

  /** Drops the connection at once; `error` is what onClose gets. */
  fail(error: Error): void {
    this.failure ??= error;
    this.destroy();
  }

  /** Gives the connection away as a socket of Node's, not reading, for an upgrade to TLS: nothing is called any more. */
  handOver(): Socket {
    this.loop.flush();
    if (this.dropped) return new Socket().destroy();
    this.drop();
    this.handler = idleHandler;
    this.loop.release(this.fd);
    const unread = { fd: this.fd, allowHalfOpen: true, readable: true, writable: true, manualStart: true };
    return new Socket(unread);
  }

  /** @internal */
  happened(events: number): void {
    if (events & readableEvents) {
      this.readable = true;
      if (events & lastEvents) this.lastKnown = true;
    }
    if (events & writableEvents && this.keptBytes > 0) this.sendKept();
    if (this.readable && !this.paused) this.read();
  }

  /** @internal */
  look(): void {
    this.willLook = false;
    if (this.readable && !this.paused) this.read();
  }

  // One read a round, so that a large result of one connection does not keep the others waiting.
  private read(): void {
    if (this.dropped || this.endRead) return;
    const length = this.receive();
    if (this.dropped) return;
    if (length > 0 || length === nothingYet) {
      // A read that was not filled has emptied the socket, and more will be told of.
      if (this.filled || this.lastKnown) this.lookLater();
      else this.readable = false;
      if (length > 0) this.deliver(this.loop.slot, length);
    } else if (length === 0) this.readEnd();
    else if (length === again) this.readable = this.lastKnown = false;
    else this.fail(systemError(length, 'read'));
  }

  /** Brings bytes into the loop's slot: how many, `nothingYet`, 0 at the end of file, or a negated errno. Sets `filled`. */
  protected receive(): number {
    const length = this.loop.read(this.fd);
    this.filled = length === readBytesMax;
    return length;
  }

  protected deliver(bytes: Uint8Array, length: number): void {
    try {
      this.handler.onData(bytes, length);
    } catch (thrown) {
      this.fail(asError(thrown));
    }
  }

  protected lookLater(): void {
    if (this.willLook) return;
    this.willLook = true;
    this.loop.lookAgain(this);
  }

  private readEnd(): void {
    this.endRead = true;
    try {
      this.handler.onEnd();
    } catch (thrown) {
      this.fail(asError(thrown));
      return;
    }
    this.closeIfOver();
  }

  private sendKept(): void {
    const { kept } = this;
    let done = 0;
    for (const bytes of kept) {
      const taken = this.loop.sockets.send(this.fd, bytes);
      if (taken < 0 && taken !== again) {
        this.fail(systemError(taken, 'write'));
        return;
      }
      if (taken < bytes.length) {
        if (taken > 0) {
          kept[done] = bytes.subarray(taken);
          this.keptBytes -= taken;
        }
        break;
      }
      this.keptBytes -= taken;
      done++;
    }
    if (done === kept.length) this.kept = nothing;
    else kept.splice(0, done);
    if (this.keptBytes > 0) return;
    if (this.ending) this.sendEnd();
    else if (this.awaitingDrain) this.drained();
  }

  private drained(): void {
    this.awaitingDrain = false;
    try {
      this.handler.onDrain();
    } catch (thrown) {
      this.fail(asError(thrown));
    }
  }

  private sendEnd(): void {
    this.endSent = true;
    const status = this.loop.sockets.endWriting(this.fd);
    // After a reset there is nobody to tell; that it was one, the next read says.
    if (status < 0 && status !== notConnected) this.fail(systemError(status, 'shutdown'));
    else this.closeIfOver();
  }

  private closeIfOver(): void {
    if (this.endRead && this.endSent) this.destroy();
  }

  private keep(bytes: Uint8Array): void {
    // The next read would overwrite them.
    const own = bytes.buffer === this.loop.memory.buffer ? copyBytes(bytes) : bytes;
    if (this.kept === nothing) this.kept = [own];
    else this.kept.push(own);
    this.keptBytes += bytes.length;
  }

  protected drop(): void {
    this.dropped = true;
    this.kept = nothing;
    this.keptBytes = 0;
  }

  /** @internal */
  tellClosed(): void {
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

function closed(connection: NativeConnection): void {
  connection.tellClosed();
}
