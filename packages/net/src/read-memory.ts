// Whose memory reads land in, and how a write tells that its bytes are a view of such memory. No sockets.
//
// A write that the kernel does not take whole leaves libuv with a pointer into the caller's bytes. When those bytes are
// a view of a read buffer, the next read would overwrite what is still to be sent. Two kinds of read memory, two cures:
// one buffer shared by all accepted connections is never handed to a socket (its bytes are copied first, they are small);
// a dialled connection has a buffer of its own, which is given away with the write and replaced before the next read.

/** One read never brings more than this, so neither does one `onData` of a plain connection. */
export const readBytesMax = 64 * 1024;
/** What a dialled connection starts with; the first read that fills it grows it to `readBytesMax`. */
export const readBytesMin = 16 * 1024;

/** Every accepted connection reads into this one: between two reads nobody owns a byte of it. */
export const sharedReadBuffer: Buffer = Buffer.allocUnsafeSlow(readBytesMax);
const sharedMemory = sharedReadBuffer.buffer;

/** The own buffer whose bytes are being delivered right now, and whether a write kept a view of it. */
export const delivery: { memory: ArrayBufferLike | null; lent: boolean } = { memory: null, lent: false };

/** True for a view of the buffer that all accepted connections share. */
export function isSharedMemory(memory: ArrayBufferLike): boolean {
  return memory === sharedMemory;
}

/** True for a view of memory that a later read may overwrite. */
export function isReadMemory(memory: ArrayBufferLike): boolean {
  return memory === sharedMemory || memory === delivery.memory;
}

/** A copy that nobody else writes to. */
export function copyBytes(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

const smallScratchBytes = 4 * 1024;
let smallScratch: Buffer = Buffer.allocUnsafeSlow(smallScratchBytes);
let largeScratch: Buffer | null = null;

/** A copy in memory that is used again by the next call, unless `keepScratch` says that a socket still points to it. */
export function copyToScratch(bytes: Uint8Array): Buffer {
  let scratch = smallScratch;
  if (bytes.length > smallScratchBytes) {
    largeScratch ??= Buffer.allocUnsafeSlow(readBytesMax);
    scratch = largeScratch;
  }
  scratch.set(bytes);
  return scratch.subarray(0, bytes.length);
}

/** Gives the scratch behind `copy` away for good: the next call takes fresh memory. */
export function keepScratch(copy: Buffer): void {
  if (copy.buffer === smallScratch.buffer) smallScratch = Buffer.allocUnsafeSlow(smallScratchBytes);
  else largeScratch = null;
}
