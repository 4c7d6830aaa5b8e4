// Every error this package throws: who failed (listen, dial, egress, TLS, channel), a closed reason, and a text for the log.

/** A listener could not be opened. `reason` tells a taken port from a forbidden one. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly address: string;
  readonly port: number;
  readonly reason: 'in-use' | 'forbidden' | 'no-such-address' | 'failed';
  /** Node's error code, such as EADDRINUSE. */
  readonly code: string;

  constructor(address: string, port: number, cause: Error) {
    const code = codeOf(cause);
    const [reason, words] = listenReasons[code] ?? (['failed', cause.message] as const);
    super(`cannot listen on ${bracketed(address)}:${port}: ${words} (${code})`, { cause });
    this.address = address;
    this.port = port;
    this.reason = reason;
    this.code = code;
  }
}

const listenReasons: Record<string, readonly [ListenError['reason'], string]> = {
  EADDRINUSE: ['in-use', 'the port is taken by another program'],
  EACCES: ['forbidden', 'this user may not open the port'],
  EPERM: ['forbidden', 'this user may not open the port'],
  EADDRNOTAVAIL: ['no-such-address', 'this machine does not have the address'],
  ENOTFOUND: ['no-such-address', 'the name has no address'],
};

/** Why a peer could not be reached. `exhausted`: this machine ran out of descriptors or local ports. */
export type DialReason = 'refused' | 'timeout' | 'unreachable' | 'reset' | 'exhausted' | 'failed';

/** A connection to `address`:`port` did not come about. */
export class DialError extends Error {
  override readonly name = 'DialError';
  readonly address: string;
  readonly port: number;
  readonly reason: DialReason;

  constructor(address: string, port: number, reason: DialReason, cause?: Error) {
    super(`cannot connect to ${bracketed(address)}:${port}: ${dialWords[reason]}`, { cause });
    this.address = address;
    this.port = port;
    this.reason = reason;
  }
}

const dialWords: Record<DialReason, string> = {
  refused: 'nothing listens there',
  timeout: 'no answer in time',
  unreachable: 'no route to the address',
  reset: 'the connection was reset',
  exhausted: 'out of file descriptors or local ports',
  failed: 'the connection failed',
};

const dialReasons: Record<string, DialReason> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  EINVAL: 'unreachable',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EADDRNOTAVAIL: 'exhausted',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
  ENOBUFS: 'exhausted',
};

/** The reason behind an error of Node's sockets while connecting. */
export function dialReasonOf(error: Error): DialReason {
  return dialReasons[codeOf(error)] ?? 'failed';
}

/** A host was not dialled: its name has no address (`dns`), or the egress policy forbids all it has (`forbidden`). */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly host: string;
  readonly reason: 'dns' | 'forbidden';

  constructor(host: string, reason: EgressError['reason'], words: string, cause?: Error) {
    super(`${host}: ${words}`, { cause });
    this.host = host;
    this.reason = reason;
  }
}

/**
 * Why TLS was not agreed on. `untrusted`, `expired`, `name-mismatch`: the peer's certificate; `protocol`: the peer
 * speaks no TLS, or none that we do; `closed`: it went away; `certificate-unusable`: a file of our own.
 */
export type TlsReason =
  | 'untrusted'
  | 'expired'
  | 'name-mismatch'
  | 'protocol'
  | 'timeout'
  | 'closed'
  | 'certificate-unusable';

/** TLS was not agreed on; the text says what to do. The connection is gone. */
export class TlsError extends Error {
  override readonly name = 'TlsError';
  readonly reason: TlsReason;

  constructor(reason: TlsReason, words: string, cause?: Error) {
    super(words, { cause });
    this.reason = reason;
  }
}

/** The native transport was asked for and cannot be had; the text says why and what to do. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(why: string, cause?: Error) {
    super(
      `the native transport cannot be used: ${why}. Build it (node packages/net/native/build.mjs says what it lacks), or set WEIR_TRANSPORT=node`,
      { cause },
    );
  }
}

/** The peer ended or lost the connection while a channel's reader waited. `cause` is the socket's error, if any. */
export class ChannelClosedError extends Error {
  override readonly name = 'ChannelClosedError';

  constructor(cause?: Error) {
    super('the peer closed the connection', { cause });
  }
}

/** A length field that no real peer would send: below its own size, or above the limit asked for. */
export class ChannelLimitError extends Error {
  override readonly name = 'ChannelLimitError';
  readonly lengthBytes: number;
  readonly bytesMax: number;

  constructor(lengthBytes: number, bytesMax: number) {
    super(`invalid message length ${lengthBytes} (at most ${bytesMax})`);
    this.lengthBytes = lengthBytes;
    this.bytesMax = bytesMax;
  }
}

/** The deadline of a channel passed before the peer had sent what was waited for. */
export class ChannelDeadlineError extends Error {
  override readonly name = 'ChannelDeadlineError';

  constructor() {
    super('the peer did not answer in time');
  }
}

/** Node's code of an error, or an empty string. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Whatever was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
