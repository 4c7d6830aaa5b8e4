// Plain connections over node:net: reads land in a buffer we own where Node allows it, in 'data' events where it does not.
import { type OnReadOpts, Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { DirectWriter } from './direct-write.ts';
import { NodeConnection } from './node-connection.ts';
import {
  copyBytes,
  copyToScratch,
  delivery,
  isReadMemory,
  isSharedMemory,
  keepScratch,
  readBytesMax,
  readBytesMin,
  sharedReadBuffer,
} from './read-memory.ts';

/** How bytes are read: into our own buffer, or by 'data' events with a fresh buffer a read. */
export type ReadMode = 'own-buffer' | 'data-events';

/** A connection without TLS. */
export class PlainConnection extends NodeConnection {
  private readonly mode: ReadMode;
  private readonly direct: DirectWriter | null;
  private primed = false;

  constructor(socket: Socket, mode: ReadMode) {
    super(socket, null);
    this.mode = mode;
    this.direct = mode === 'own-buffer' ? DirectWriter.of(socket, (status) => this.written(status)) : null;
    if (mode === 'data-events') {
      socket.pause();
      socket.on('data', (bytes: Buffer) => this.deliver(bytes, bytes.length));
    }
  }

  write(bytes: Uint8Array): boolean {
    if (this.sealed) return true;
    const memory = bytes.buffer;
    if (this.unsentBytes > 0) {
      this.socket.write(isReadMemory(memory) ? copyBytes(bytes) : bytes);
      this.promiseDrain();
      return false;
    }
    if (isSharedMemory(memory)) {
      const copy = copyToScratch(bytes);
      if (this.send(copy)) return true;
      keepScratch(copy);
    } else {
      if (this.send(bytes)) return true;
      if (memory === delivery.memory) delivery.lent = true;
    }
    this.promiseDrain();
    return false;
  }

  override get unsentBytes(): number {
    return (this.direct?.pendingBytes ?? 0) + this.socket.writableLength;
  }

  /** True if the kernel has taken them all, or nobody ever will. */
  private send(bytes: Uint8Array): boolean {
    const { direct, socket } = this;
    if (direct === null || socket.destroyed) {
      socket.write(bytes);
      return socket.writableLength === 0;
    }
    const status = direct.write(bytes);
    if (status < 0) this.writeFailed(status);
    return status !== 1;
  }

  private written(status: number): void {
    if (status < 0) this.writeFailed(status);
    else this.drained();
  }

  private writeFailed(status: number): void {
    if (this.dropped) return;
    const code = getSystemErrorName(status);
    this.fail(Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: 'write' }));
  }

  /** @internal Bytes that came in by `onread`. */
  received(bytes: Uint8Array, length: number): void {
    this.deliver(bytes, length);
  }

  protected startReading(): void {
    if (this.mode === 'own-buffer' && !this.primed) {
      // Not `resume` the first time: its deferred `read` would start the handle again after a `pause` in this turn.
      this.primed = true;
      this.socket.read(0);
    } else this.socket.resume();
  }
}

/**
 * An accepted socket as a connection. The server must have been made with `pauseOnConnect`. Node has no `onread` for
 * accepted sockets, so the handle moves to a second socket that has; without a handle to move, events do.
 */
export function acceptedConnection(accepted: Socket, mode: ReadMode): PlainConnection {
  const handle = mode === 'own-buffer' ? takeHandle(accepted) : null;
  if (handle === null) return new PlainConnection(accepted, 'data-events');
  let connection: PlainConnection | null = null;
  const onread: OnReadOpts = {
    buffer: sharedReadBuffer,
    callback: (length, bytes) => {
      connection?.received(bytes, length);
      return true;
    },
  };
  // `handle` and `pauseOnCreate` are what net.Server itself passes; pauses again in case they are not understood.
  const socket = new Socket({ handle, onread, allowHalfOpen: true, pauseOnCreate: true } as object);
  socket.pause();
  connection = new PlainConnection(socket, 'own-buffer');
  return connection;
}

function takeHandle(accepted: Socket): object | null {
  const inner = accepted as unknown as { _handle?: { readStart?: unknown; useUserBuffer?: unknown } | null };
  const handle = inner._handle;
  if (!handle || typeof handle.readStart !== 'function' || typeof handle.useUserBuffer !== 'function')
    return null;
  inner._handle = null;
  // Without its handle this closes nothing; it only tells the server that the wrapper is gone.
  accepted.destroy();
  return handle;
}

/** What `net.connect` needs to read into a buffer that only this connection uses. */
export interface OwnReading {
  readonly onread: OnReadOpts;
  /** Where the bytes go; to be called in the turn in which the socket connects. */
  attach(connection: PlainConnection): void;
}

/** Reading into an own buffer, which is replaced when it was filled (by a larger one) or given away with a write. */
export function ownReading(): OwnReading {
  let connection: PlainConnection | null = null;
  let buffer = Buffer.allocUnsafeSlow(readBytesMin);
  let installed: Buffer | null = null;
  const callback = (length: number): boolean => {
    delivery.memory = buffer.buffer;
    delivery.lent = false;
    connection?.received(buffer, length);
    delivery.memory = null;
    const size = length === buffer.length ? readBytesMax : buffer.length;
    if (delivery.lent || size !== buffer.length) buffer = Buffer.allocUnsafeSlow(size);
    return true;
  };
  // Null means «the same again»: Node then does not look the buffer's address up anew.
  const next = (): Buffer | null => (installed === buffer ? null : (installed = buffer));
  return {
    onread: { buffer: next as () => Buffer, callback },
    attach: (attached) => {
      connection = attached;
    },
  };
}
