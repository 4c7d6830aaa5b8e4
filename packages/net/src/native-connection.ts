// Plain connections over native sockets: reads into one memory for all, writes in the same turn, what is unsent kept here.
import { Socket } from 'node:net';
import { asError } from './errors.ts';
import {
  again,
  lastEvents,
  type NativeLoop,
  readableEvents,
  systemError,
  type Watcher,
  writableEvents,
} from './native-loop.ts';
import { idleHandler, plainAddress } from './node-connection.ts';
import { copyBytes, readBytesMax } from './read-memory.ts';
import type { Connection, ConnectionHandler } from './transport.ts';

/** A connection without TLS, over a descriptor that is connected. */
export class NativeConnection implements Connection, Watcher {
  handler: ConnectionHandler = idleHandler;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly tls = null;
  unsentBytes = 0;
  private readonly loop: NativeLoop;
  private readonly fd: number;
  private unsent: Uint8Array[] = [];
  private paused = true;
  /** An event told of something to read, and no read has found the socket empty since. */
  private readable = false;
  /** An event told that nothing will come after what is there: only a read that finds it ends the reading. */
  private lastKnown = false;
  private willLook = false;
  private endRead = false;
  private ending = false;
  private endSent = false;
  /** Destroyed, failed or handed on: only onClose may follow, and bytes to send go nowhere. */
  private dropped = false;
  private failure: Error | null = null;

  constructor(loop: NativeLoop, fd: number) {
    this.loop = loop;
    this.fd = fd;
    // Asked for now: after a reset the kernel no longer knows them.
    const peer = loop.sockets.peer(fd) ?? '0 ';
    const space = peer.indexOf(' ');
    this.remoteAddress = plainAddress(peer.slice(space + 1));
    this.remotePort = Number(peer.slice(0, space));
    loop.watch(fd, this);
  }

  write(bytes: Uint8Array): boolean {
    if (this.dropped || this.ending || bytes.length === 0) return true;
    if (this.unsentBytes > 0) {
      this.keep(bytes);
      return false;
    }
    const taken = this.loop.send(this.fd, bytes);
    if (taken === bytes.length) return true;
    if (taken < 0 && taken !== again) {
      this.fail(systemError(taken, 'write'));
      return true;
    }
    this.keep(taken < 0 ? bytes : bytes.subarray(taken));
    return false;
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

  end(): void {
    if (this.dropped || this.ending) return;
    this.ending = true;
    if (this.unsentBytes === 0) this.sendEnd();
  }

  destroy(): void {
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
    if (events & writableEvents && this.unsentBytes > 0) this.sendUnsent();
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
    const { loop } = this;
    const length = loop.sockets.read(this.fd, readBytesMax);
    if (length > 0) {
      // A read that was not filled has emptied the socket, and more will be told of.
      if (length === readBytesMax || this.lastKnown) this.lookLater();
      else this.readable = false;
      try {
        this.handler.onData(loop.memory, length);
      } catch (thrown) {
        this.fail(asError(thrown));
      }
    } else if (length === 0) this.readEnd();
    else if (length === again) this.readable = this.lastKnown = false;
    else this.fail(systemError(length, 'read'));
  }

  private lookLater(): void {
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

  private sendUnsent(): void {
    const { unsent } = this;
    let sent = 0;
    for (const bytes of unsent) {
      const taken = this.loop.send(this.fd, bytes);
      if (taken < 0 && taken !== again) {
        this.fail(systemError(taken, 'write'));
        return;
      }
      if (taken < bytes.length) {
        if (taken > 0) {
          unsent[sent] = bytes.subarray(taken);
          this.unsentBytes -= taken;
        }
        break;
      }
      this.unsentBytes -= taken;
      sent++;
    }
    unsent.splice(0, sent);
    if (this.unsentBytes > 0) return;
    if (this.ending) this.sendEnd();
    else this.drained();
  }

  private drained(): void {
    try {
      this.handler.onDrain();
    } catch (thrown) {
      this.fail(asError(thrown));
    }
  }

  private sendEnd(): void {
    this.endSent = true;
    const status = this.loop.sockets.endWriting(this.fd);
    if (status < 0) this.fail(systemError(status, 'shutdown'));
    else this.closeIfOver();
  }

  private closeIfOver(): void {
    if (this.endRead && this.endSent) this.destroy();
  }

  private keep(bytes: Uint8Array): void {
    // The next read would overwrite them.
    this.unsent.push(bytes.buffer === this.loop.memory.buffer ? copyBytes(bytes) : bytes);
    this.unsentBytes += bytes.length;
  }

  private drop(): void {
    this.dropped = true;
    this.unsent = [];
    this.unsentBytes = 0;
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
