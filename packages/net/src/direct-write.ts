// Writes that go to the socket's handle itself, past Node's stream machinery, where this Node allows it.
import type { Socket } from 'node:net';

/** What of Node's own stream layer is used; the same in Node 20 to 26, and looked for before it is used. */
interface Handle {
  /** Tries to write at once; 0, or a negated errno. What the kernel does not take goes on in the background. */
  writeBuffer(request: object, bytes: Uint8Array): number;
}

interface WriteRequest {
  oncomplete: (status: number) => void;
  /** The bytes must live as long as the kernel has not taken them. */
  bytes: Uint8Array | null;
}

interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
}

const binding = findBinding();

function findBinding(): StreamBinding | null {
  try {
    const found = (process as unknown as { binding(name: string): Partial<StreamBinding> }).binding(
      'stream_wrap',
    );
    const usable =
      typeof found.WriteWrap === 'function' &&
      found.streamBaseState instanceof Int32Array &&
      typeof found.kLastWriteWasAsync === 'number';
    return usable ? (found as StreamBinding) : null;
  } catch {
    return null;
  }
}

// A request that was done at once was never given to libuv, so the next write takes it again.
let spare: WriteRequest | null = null;

/**
 * Writes of one socket. The stream machinery costs as much as all the rest of a small write's way to the kernel; it is
 * used only behind a write that the kernel did not take whole, when the order of bytes is libuv's to keep.
 */
export class DirectWriter {
  /** Given to libuv and not known to have left. */
  pendingBytes = 0;
  private readonly handle: Handle;
  private readonly done: (status: number) => void;

  private constructor(handle: Handle, done: (status: number) => void) {
    this.handle = handle;
    this.done = done;
  }

  /** Null where this Node has no such handle. `done` is called when what was pending has left, or failed. */
  static of(socket: Socket, done: (status: number) => void): DirectWriter | null {
    const handle = (socket as unknown as { _handle?: Partial<Handle> | null })._handle;
    if (binding === null || typeof handle?.writeBuffer !== 'function') return null;
    return new DirectWriter(handle as Handle, done);
  }

  /** To be called with nothing pending. 0: the bytes have reached the kernel. 1: they are pending. Else a negated errno. */
  write(bytes: Uint8Array): number {
    const { WriteWrap, streamBaseState, kLastWriteWasAsync } = binding!;
    const request = spare ?? new WriteWrap();
    spare = null;
    const status = this.handle.writeBuffer(request, bytes);
    if (status !== 0) return status;
    if (streamBaseState[kLastWriteWasAsync] === 0) {
      spare = request;
      return 0;
    }
    this.pendingBytes = bytes.length;
    request.bytes = bytes;
    request.oncomplete = (ended) => {
      request.bytes = null;
      this.pendingBytes = 0;
      this.done(ended);
    };
    return 1;
  }
}
