// The compiled half of the native transport: where its file is, what it offers, and why it may not be usable here.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asError } from './errors.ts';

/**
 * What `native/sockets.c` exports. Descriptors are of sockets that it opened itself or was given to listen on; of any other, and of one that was
 * closed, a call is told EBADF. A negative result is an errno, negated.
 */
export interface NativeSockets {
  /** Which interface this is, and the numbers by which the shared array is divided; see transport.h. */
  layout(): number[];
  /**
   * To be called once. `shared[0]` other than 0: sockets want another look without an event. Behind it `dispatch` finds
   * `count` pairs of descriptor and events, behind the room for 256 of those is room for 128 writes of `sendAll`, and
   * behind that for four results of a call of TLS, and for address and port of who was accepted last.
   * `memory` is what is read into and, by offset, sent from.
   */
  start(dispatch: (count: number) => void, shared: Int32Array, memory: Uint8Array): void;
  /** Whether the process lives on because of our sockets. */
  keepAlive(on: boolean): void;
  listen(host: string, port: number, backlog: number, keepAliveDelayS: number): number;
  /** The same descriptor, of a bound socket of TCP that the process was started with: ours from now on. */
  listenInherited(fd: number, backlog: number, keepAliveDelayS: number): number;
  accept(listener: number): number;
  /** Whether a listener is told of nobody who waits. */
  rest(listener: number, on: boolean): void;
  /** The descriptor of a connection under way; an event comes when it is decided. */
  connect(address: string, port: number, keepAliveDelayS: number): number;
  /** 0, or why there is no connection: EINPROGRESS if it is still under way. */
  connected(fd: number): number;
  /** `port address`. */
  peer(fd: number): string | undefined;
  local(fd: number): string | undefined;
  /** At most `bytesMax` bytes into `memory[offset..]`; 0 is the end of file. */
  read(fd: number, offset: number, bytesMax: number): number;
  /** How many of the bytes were taken. */
  send(fd: number, bytes: Uint8Array): number;
  /**
   * Sends `count` of the shared triples of descriptor, offset and length in `memory`, and puts what `send` would return in
   * place of each length. Behind a write that was not taken whole, those of the same descriptor are not tried.
   */
  sendAll(count: number): void;
  endWriting(fd: number): number;
  close(fd: number): void;
  /** Takes the descriptor out of our hands without closing it. */
  release(fd: number): void;

  /**
   * For `tlsAccept`; certificates and key in PEM, ciphers up to TLS 1.2 and those of 1.3 (an empty list: OpenSSL's own),
   * versions as numbers of the protocol. Throws with OpenSSL's reason.
   */
  tlsContext(
    certificates: Uint8Array,
    key: Uint8Array,
    ciphers: string,
    suites: string,
    least: number,
    most: number,
  ): TlsContext;
  tlsAccept(context: TlsContext): TlsSession;
  /**
   * Decrypts what lies at `memory[inAt..]`, all of it. Behind the writes, `shared` then holds how many plain bytes came
   * to `plainAt`, how many at `outAt` are to be sent, and one of `tlsStatus`. The room must hold a record more than is in.
   * `full`: once what is at `outAt` was taken, it is to be called again with the last bytes, as many as are told unread.
   */
  tlsUnwrap(
    session: TlsSession,
    inAt: number,
    inBytes: number,
    plainAt: number,
    plainRoom: number,
    outAt: number,
    outRoom: number,
  ): void;
  /** Encrypts, with the same results; the room must hold it. */
  tlsWrap(session: TlsSession, plainAt: number, plainBytes: number, outAt: number, outRoom: number): void;
  /** What tells the peer that nothing more comes, with the same results. */
  tlsEnd(session: TlsSession, outAt: number, outRoom: number): void;
  /** Whether the client offered a protocol, which then is ours. */
  tlsHasProtocol(session: TlsSession): boolean;
  /** Why its last call has failed. */
  tlsReason(session: TlsSession): string;
  /** The session is void then. */
  tlsFree(session: TlsSession): void;
}

/** A certificate as the addon holds it. */
export interface TlsContext {
  readonly kind?: 'context';
}

/** One side of one TLS connection, as the addon holds it. */
export interface TlsSession {
  readonly kind?: 'session';
}

/** What stands in `shared` behind the byte counts of a call of TLS. */
export const tlsStatus = { handshake: 0, open: 1, ended: 2, failed: 3, full: 4 } as const;

/** The file that is loaded for this Node; `packages/net/native/build.mjs` makes it under the same name. */
export function nativeFileName(): string {
  return `native-sockets-${process.version}-${process.platform}-${process.arch}.node`;
}

/** Where it lies for this module at `url`: beside the bundle, or in dist/ when the module runs from its source. */
export function addonFolder(url: string): string {
  const file = fileURLToPath(url);
  const here = dirname(file);
  // A bundle may lie anywhere, and what is three folders above it is not ours to load.
  const source = join('packages', 'net', 'src', 'native-addon.ts');
  return file.endsWith(`${sep}${source}`) ? join(here, '..', '..', '..', 'dist') : here;
}

/** Loads the addon. Throws an Error that says why it cannot be had. */
export function loadNativeSockets(): NativeSockets {
  if ('Bun' in globalThis) throw new Error('it is for Node, and this is Bun');
  if (process.platform !== 'linux') throw new Error(`it is for Linux, and this is ${process.platform}`);
  const file = join(addonFolder(import.meta.url), nativeFileName());
  if (!existsSync(file)) throw new Error(`it was not built for Node ${process.versions.node}`);
  try {
    return createRequire(import.meta.url)(file) as NativeSockets;
  } catch (thrown) {
    throw new Error(`${file} cannot be loaded: ${asError(thrown).message}`, { cause: thrown });
  }
}
