// What of Bun's own sockets is used, and whether this process runs on Bun. Types only for what is called.
import type { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';

/** A socket of `Bun.listen` or `Bun.connect`. */
export interface BunSocket {
  /** Ours to set; the calls below find their connection by it. */
  data: unknown;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  /** Bytes that the kernel took; -1 on a socket that is closed or has failed. The rest is the caller's to write again. */
  write(bytes: Uint8Array): number;
  /** End of file to the peer; reading goes on. */
  shutdown(): void;
  /** Closes both directions; what the kernel has taken is still sent. */
  close(): void;
  pause(): void;
  resume(): void;
  /**
   * Turns the socket into a TLS one at once. This one is void then, but for `close`; its `data` goes on bringing what
   * came encrypted. With `initialData`, what was read already belongs to the handshake.
   */
  /** Drops the connection with a reset. */
  terminate(): void;
  upgradeTLS(options: BunTlsOptions): [raw: BunSocket, tls: BunSocket];
  /** The agreed protocol; false or null if there is none. */
  readonly alpnProtocol: string | false | null;
  getPeerX509Certificate(): X509Certificate | undefined;
  getPeerCertificate(): PeerCertificate;
  setNoDelay(on: boolean): boolean;
  setKeepAlive(on: boolean, delayMs: number): boolean;
}

/** What Bun calls. `data` brings memory of its own: it is never read into again. */
export interface BunSocketHandler {
  readonly binaryType: 'uint8array';
  open(socket: BunSocket): void;
  data(socket: BunSocket, bytes: Uint8Array): void;
  drain(socket: BunSocket): void;
  end(socket: BunSocket): void;
  close(socket: BunSocket, error?: Error): void;
  error(socket: BunSocket, error: Error): void;
  /** `failure` with a certificate's code: why that is not trusted. Otherwise, where `success` is false, there is no TLS. */
  handshake?(socket: BunSocket, success: boolean, failure: Error | null): void;
  connectError?(socket: BunSocket, error: Error): void;
}

/** Not all of it stands in Bun's manual: `initialData`, `isServer` and `secureContext` are what its node:tls uses. */
export interface BunTlsOptions {
  readonly tls: {
    /** `context` of what `createSecureContext` makes. */
    readonly secureContext: unknown;
    readonly isServer: boolean;
    /** Names with their lengths in front, as on the wire. */
    readonly ALPNProtocols: Uint8Array;
    readonly serverName?: string;
    readonly requestCert?: boolean;
    readonly rejectUnauthorized?: boolean;
  };
  readonly initialData?: Uint8Array;
  readonly data?: unknown;
  readonly socket: BunSocketHandler;
}

/** Where to listen or whom to dial. */
export interface BunAddress {
  readonly hostname: string;
  readonly port: number;
  /** The peer's end of file leaves our direction open. */
  readonly allowHalfOpen: true;
  readonly ipv6Only?: boolean;
  readonly socket: BunSocketHandler;
}

/** A listening socket of Bun. */
export interface BunListener {
  readonly hostname: string;
  readonly port: number;
  stop(closeConnections: boolean): void;
}

/** The global object `Bun`, as far as it is used. */
export interface BunRuntime {
  readonly version: string;
  /** Throws an error with Node's code, such as EADDRINUSE. */
  listen(address: BunAddress): BunListener;
  connect(address: BunAddress): Promise<BunSocket>;
}

/** Bun, where this process runs on it; null on Node. */
export const bun: BunRuntime | null = (globalThis as { Bun?: BunRuntime }).Bun ?? null;
