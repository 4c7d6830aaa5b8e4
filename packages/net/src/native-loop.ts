// The event loop of native sockets as JavaScript sees it: who is told of which descriptor, and the memory read into.
import { getSystemErrorName } from 'node:util';
import { loadNativeSockets, type NativeSockets } from './native-addon.ts';
import { readBytesMax } from './read-memory.ts';

/** Bits of what may have happened, as epoll has them. */
export const readableEvents = 0x1 | 0x8 | 0x10 | 0x2000; // IN, ERR, HUP, RDHUP
export const writableEvents = 0x4 | 0x8 | 0x10; // OUT, ERR, HUP
/** Nothing more will come after what is there: the end of file or an error is still to be read. */
export const lastEvents = 0x8 | 0x10 | 0x2000; // ERR, HUP, RDHUP

/** Errors that are answers, negated as the addon gives them. */
export const again = -11; // EAGAIN
export const inProgress = -115; // EINPROGRESS

/** Whoever owns a descriptor. An event is a hint to look, and there may be one too many. */
export interface Watcher {
  happened(events: number): void;
  /** Asked for by `lookAgain`. */
  look(): void;
}

// More than fits into the addon's array of events must not be told: its EVENTS_MAX.
const eventsMax = 256;
// Small messages that are not in the read memory are copied behind it: cheaper than asking for where they are.
const outBytesMax = 8 * 1024;

/** Descriptors, each with its watcher, and the system calls on them. One a process (or worker). */
export class NativeLoop {
  /** `memory[0..readBytesMax)` is read into; what a `read` brought is valid until the next. */
  readonly memory = new Uint8Array(readBytesMax + outBytesMax);
  readonly sockets: NativeSockets;
  private readonly shared = new Int32Array(1 + 2 * eventsMax);
  private readonly watchers: (Watcher | undefined)[] = [];
  private open = 0;
  private wanting: Watcher[] = [];
  private wanted: Watcher[] = [];

  constructor(sockets: NativeSockets) {
    this.sockets = sockets;
    sockets.start((count) => this.dispatch(count), this.shared, this.memory);
  }

  /** From now on `watcher` is told, in the place of who was told before. */
  watch(fd: number, watcher: Watcher): void {
    if (this.watchers[fd] === undefined && this.open++ === 0) this.sockets.keepAlive(true);
    this.watchers[fd] = watcher;
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

  /** Bytes that the kernel took, or a negated errno. */
  send(fd: number, bytes: Uint8Array): number {
    const { length } = bytes;
    if (bytes.buffer === this.memory.buffer) return this.sockets.send(fd, bytes.byteOffset, length);
    if (length > outBytesMax) return this.sockets.sendFrom(fd, bytes);
    this.memory.set(bytes, readBytesMax);
    return this.sockets.send(fd, readBytesMax, length);
  }

  private dispatch(count: number): void {
    const { shared, watchers } = this;
    const wanting = this.wanting;
    this.wanting = this.wanted;
    this.wanted = wanting;
    shared[0] = 0;
    for (let at = 1; at < 1 + 2 * count; at += 2) watchers[shared[at]!]?.happened(shared[at + 1]!);
    for (const watcher of wanting) watcher.look();
    wanting.length = 0;
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
