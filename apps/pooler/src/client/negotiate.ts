// What a client and Weir agree on before a password is asked for: TLS or not, protocol version, a cancel or a login.
import {
  type AddressRanges,
  ChannelLimitError,
  type Connection,
  FrameChannel,
  readHello,
  type ServerCertificates,
  type TlsFacts,
  upgradeToServerTls,
} from '@weir/net';
import {
  negotiateProtocolVersion,
  newestProtocolMinor,
  ProtocolViolation,
  parseProxyHeader,
  proxyHeaderFirstByte,
  proxyHeaderRest,
  proxyHeaderStartBytes,
  type StartupMessage,
  type StartupPacket,
  startupPacketBytesMax,
} from '@weir/protocol';
import { parseHost } from '@weir/tenancy';
import { asPoolerError, PoolerError } from '../errors.ts';
import { readStartup } from './client-wish.ts';
import { foreignProtocol, httpRefusal } from './foreign-protocol.ts';
import { loginError } from './login-error.ts';
import type { LoginGate } from './login-gate.ts';
import { endWith, refuse } from './refuse.ts';
import { peekByte, readBytes, readStartupPacket, type Steps, settled } from './steps.ts';

/** What negotiation needs from the process. */
export interface NegotiateDeps {
  /** Null: this listener has no TLS, and SSLRequest is answered `N`. */
  readonly certificates: ServerCertificates | null;
  /** From the first byte to the end of authentication. */
  readonly loginTimeoutMs: number;
  readonly domains: readonly string[];
  /** Passed before a TLS handshake by who names an endpoint in SNI. */
  readonly gate: Pick<LoginGate, 'pass' | 'mayTell'>;
}

/** The StartupMessage, as the client sent it. */
export interface ClientStartup {
  /** The minor version both sides now speak: 0 or 2. */
  readonly minor: 0 | 2;
  readonly parameters: ReadonlyMap<string, string>;
  readonly protocolOptions: readonly string[];
}

/** A client that wants to log in. The channel's deadline (login timeout) is still running. */
export interface NegotiatedClient {
  readonly kind: 'client';
  readonly channel: FrameChannel;
  /** The connection to go on with, TLS if agreed. */
  readonly connection: Connection;
  /** The client's own, whoever stands between. */
  readonly address: string;
  readonly startup: ClientStartup;
  readonly tls: TlsFacts | null;
  /** The endpoint whose gate it has passed already; null: none. */
  readonly passed: string | null;
}

/** A CancelRequest: nothing more comes, and nothing is answered. `channel` is there to close it. */
export interface NegotiatedCancel {
  readonly kind: 'cancel';
  readonly channel: FrameChannel;
  readonly connection: Connection;
  readonly address: string;
  readonly processId: number;
  /** 4 to 256 bytes. */
  readonly secretKey: Uint8Array;
}

export type Negotiated = NegotiatedClient | NegotiatedCancel;

const tlsHandshakeByte = 0x16;
const yes = new Uint8Array([0x53]);
const no = new Uint8Array([0x4e]);
/** TLS's own way to say no: a fatal internal_error, which clients show as that. */
const tlsRefusal = new Uint8Array([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x50]);
// decodeUtf8 keeps bytes that are not UTF-8 as lone surrogates.
const notUtf8 = /[\ud800-\udfff]/u;

/**
 * Runs the negotiation on a fresh, paused connection. Throws a PoolerError (CLIENT_GONE, STARTUP_TIMEOUT,
 * PROTOCOL_*, PROXY_HEADER, NOT_POSTGRES …); the client has been told by then and its connection is ended, so only the
 * log is left. `proxies`: where proxies are that must say first who their client is; null: nobody may.
 */
export function* negotiate(
  connection: Connection,
  deps: NegotiateDeps,
  proxies: AddressRanges | null = null,
): Steps<Negotiated> {
  const negotiation = new Negotiation(connection, deps);
  try {
    if (proxies !== null) yield* negotiation.readProxyHeader(proxies);
    return yield* negotiation.run();
  } catch (error) {
    const known = loginError(error, deps.loginTimeoutMs);
    negotiation.tell(known);
    throw known;
  }
}

class Negotiation {
  readonly #deps: NegotiateDeps;
  readonly #deadlineAt: number;
  #channel: FrameChannel;
  #address: string;
  #sslAnswered = false;
  #gssAnswered = false;
  #passed: string | null = null;
  /** The client waits for an answer to its ClientHello, and would not understand another one. */
  #awaitsHandshake = false;

  constructor(connection: Connection, deps: NegotiateDeps) {
    this.#deps = deps;
    this.#address = connection.remoteAddress;
    this.#deadlineAt = performance.now() + deps.loginTimeoutMs;
    this.#channel = this.#open(connection);
  }

  /** Before everything else, and only from where it is believed. */
  *readProxyHeader(proxies: AddressRanges): Steps<void> {
    const channel = this.#channel;
    if (!proxies.has(this.#address)) throw new PoolerError('PROXY_HEADER', { reason: 'no proxy of ours' });
    // A client that came past the proxy would be waited for in vain: it sends less than a header's start.
    if ((yield* peekByte(channel)) !== proxyHeaderFirstByte)
      throw new PoolerError('PROXY_HEADER', { reason: 'no header' });
    try {
      const start = yield* readBytes(channel, proxyHeaderStartBytes);
      const source = parseProxyHeader(start, yield* readBytes(channel, proxyHeaderRest(start)));
      if (source !== null) this.#address = source.address;
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      throw new PoolerError('PROXY_HEADER', { reason: error.message }, { cause: error });
    }
  }

  *run(): Steps<Negotiated> {
    if ((yield* peekByte(this.#channel)) === tlsHandshakeByte) yield* this.#startDirectTls();
    for (;;) {
      const packet = yield* this.#readPacket();
      switch (packet.kind) {
        case 'ssl':
          yield* this.#answerSsl();
          break;
        case 'gssenc':
          this.#answerGssEnc();
          break;
        case 'cancel': {
          const { processId, secretKey } = packet;
          const channel = this.#channel;
          const { connection } = channel;
          const key = { processId, secretKey: secretKey.slice() };
          return { kind: 'cancel', channel, connection, address: this.#address, ...key };
        }
        case 'startup':
          return this.#client(packet);
      }
    }
  }

  tell(error: PoolerError): void {
    const { connection } = this.#channel;
    this.#channel.setDeadline(null);
    if (this.#awaitsHandshake) endWith(connection, tlsRefusal);
    else if (error.code === 'NOT_POSTGRES' && error.data.what === 'an HTTP request')
      endWith(connection, httpRefusal);
    else refuse(connection, error);
  }

  #open(connection: Connection): FrameChannel {
    const channel = new FrameChannel(connection);
    channel.setDeadline(this.#remainingMs());
    return channel;
  }

  #remainingMs(): number {
    return Math.max(1, this.#deadlineAt - performance.now());
  }

  *#readPacket(): Steps<StartupPacket> {
    try {
      return readStartup(yield* readStartupPacket(this.#channel, startupPacketBytesMax));
    } catch (error) {
      if (!(error instanceof ChannelLimitError)) throw error;
      const what = foreignProtocol(error.lengthBytes);
      if (what !== null) throw new PoolerError('NOT_POSTGRES', { what }, { cause: error });
      throw new PoolerError(
        'PROTOCOL_VIOLATION',
        { what: 'invalid length of startup packet' },
        { cause: error },
      );
    }
  }

  /** The first byte of a ClientHello in place of SSLRequest: libpq's sslnegotiation=direct. */
  *#startDirectTls(): Steps<void> {
    if (this.#deps.certificates === null) throw new PoolerError('NOT_POSTGRES', { what: 'a TLS handshake' });
    this.#sslAnswered = true;
    yield* this.#upgrade();
    // A TLS client of another protocol must not be taken for one of ours; Postgres insists on this too.
    if (this.#channel.connection.tls?.alpn === 'postgresql') return;
    throw violation('received direct SSL connection request without ALPN protocol negotiation extension');
  }

  *#answerSsl(): Steps<void> {
    if (this.#sslAnswered) throw violation('SSLRequest was sent twice');
    this.#sslAnswered = true;
    if (this.#deps.certificates === null) {
      this.#channel.write(no);
      return;
    }
    this.#refuseStuffing('SSL');
    this.#channel.write(yes);
    yield* this.#upgrade();
  }

  #answerGssEnc(): void {
    if (this.#gssAnswered || this.#channel.connection.tls) throw violation('GSSENCRequest was not expected');
    this.#gssAnswered = true;
    this.#refuseStuffing('GSSAPI encryption');
    this.#channel.write(no);
  }

  // Plaintext that came along with the request would be read as if it had been sent inside the encryption.
  #refuseStuffing(name: string): void {
    if (this.#channel.bufferedBytes === 0) return;
    const detail =
      'This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.';
    throw new PoolerError(
      'PROTOCOL_VIOLATION',
      { what: `received unencrypted data after ${name} request` },
      { detail },
    );
  }

  *#upgrade(): Steps<void> {
    const certificates = this.#deps.certificates!;
    const { connection } = this.#channel;
    const hello = yield* settled(readHello(connection, this.#channel.detach(), this.#remainingMs()));
    const refusal = yield* this.#passGate(hello.servername);
    const options = {
      certificates,
      alreadyRead: hello.bytes,
      handshakeTimeoutMs: this.#remainingMs(),
    };
    this.#channel = this.#open(yield* settled(upgradeToServerTls(connection, options)));
    if (refusal !== null) throw refusal;
  }

  /** A refusal that is worth a handshake is returned, to be told after it; others are thrown. */
  *#passGate(servername: string | null): Steps<PoolerError | null> {
    const { domains, gate } = this.#deps;
    const endpointId = servername === null ? null : (parseHost(servername, domains)?.endpointId ?? null);
    if (endpointId === null) return null;
    try {
      const wait = gate.pass(endpointId, this.#address, 'handshake');
      if (wait !== null) yield* settled(wait);
      this.#passed = endpointId;
      return null;
    } catch (error) {
      const refusal = asPoolerError(error);
      if (gate.mayTell(endpointId)) return refusal;
      this.#awaitsHandshake = true;
      throw refusal;
    }
  }

  #client({ minor, parameters, protocolOptions }: StartupMessage): NegotiatedClient {
    for (const [name, value] of parameters) {
      if (notUtf8.test(name) || notUtf8.test(value)) {
        throw violation('invalid byte sequence for encoding "UTF8" in startup packet');
      }
    }
    if (minor > newestProtocolMinor || protocolOptions.length > 0) {
      this.#channel.write(negotiateProtocolVersion(Math.min(minor, newestProtocolMinor), protocolOptions));
    }
    const channel = this.#channel;
    const startup = { minor: minor < 2 ? 0 : 2, parameters, protocolOptions } as const;
    const { connection } = channel;
    return {
      kind: 'client',
      channel,
      connection,
      address: this.#address,
      startup,
      tls: connection.tls,
      passed: this.#passed,
    };
  }
}

function violation(what: string): PoolerError {
  return new PoolerError('PROTOCOL_VIOLATION', { what });
}
