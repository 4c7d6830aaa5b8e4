// TLS as the server over native sockets: the handshake, and the connection that comes of it.
import { asError, TlsError } from './errors.ts';
import { readHello } from './hello-reader.ts';
import { type TlsContext, type TlsSession, tlsStatus } from './native-addon.ts';
import { NativeConnection, nothingYet } from './native-connection.ts';
import type { NativeLoop } from './native-loop.ts';
import { idleHandler } from './node-connection.ts';
import type { ServerCertificate, ServerCertificates } from './server-certificates.ts';
import { handshakeFailure } from './tls-handshake.ts';
import { tlsSettings, versionNumbers } from './tls-settings.ts';
import type { Connection } from './transport.ts';

// Encrypted bytes are ours to keep, so «all sent» need not be the measure; as for TLS over Node's sockets.
const unsentBytesMax = 128 * 1024;
// What a record has beside its contents, and the least contents that a client may ask for (RFC 6066).
const recordOverheadMax = 256;
const recordBytesMin = 512;
// What a handshake sends at once, certificates mostly; of a longer chain, piece by piece.
const handshakeBytesMax = 40 * 1024;
const alertBytesMax = 1024;

/** A connection that agrees, or has agreed, on TLS. */
export class NativeTlsConnection extends NativeConnection {
  private readonly session: TlsSession;
  /** Called once, when the handshake is done. */
  private opened: (() => void) | null;
  /** Came with the end of the handshake. */
  private early: Uint8Array | null = null;
  /** The peer said that nothing more will come. */
  private peerEnded = false;

  constructor(plain: NativeConnection, fd: number, session: TlsSession, opened: () => void) {
    super(plain.loop, fd, plain);
    this.session = session;
    this.opened = opened;
    // What happened on the socket meanwhile will not be told again.
    this.readable = true;
  }

  /** Begins with what was read already. */
  start(hello: Uint8Array): void {
    this.resume();
    this.loop.memory.set(hello, this.loop.cipherAt);
    this.unwrap(hello.length);
  }

  get hasProtocol(): boolean {
    return this.loop.sockets.tlsHasProtocol(this.session);
  }

  override write(bytes: Uint8Array): boolean {
    if (this.dropped || this.ending) return true;
    const { loop } = this;
    for (let from = 0; from < bytes.length; from += loop.recordBytesMax) {
      const piece =
        bytes.length <= loop.recordBytesMax ? bytes : bytes.subarray(from, from + loop.recordBytesMax);
      const plainAt = loop.plain(piece);
      const outRoom = piece.length + recordOverheadMax * Math.ceil(piece.length / recordBytesMin);
      const outAt = loop.room(outRoom);
      // To make room, what was queued was sent, which may have shown that the peer is gone.
      if (this.dropped) return true;
      loop.sockets.tlsWrap(this.session, plainAt, piece.length, outAt, outRoom);
      if (loop.tlsStatus !== tlsStatus.open) {
        this.fail(new Error(`TLS: ${loop.sockets.tlsReason(this.session)}`));
        return true;
      }
      this.sendOut(outAt);
    }
    if (this.unsentBytes < unsentBytesMax) return true;
    this.awaitingDrain = true;
    return false;
  }

  override end(): void {
    this.sayEnd();
    super.end();
  }

  private sayEnd(): void {
    if (this.dropped || this.ending) return;
    const outAt = this.loop.room(alertBytesMax);
    if (this.dropped) return;
    this.loop.sockets.tlsEnd(this.session, outAt, alertBytesMax);
    this.sendOut(outAt);
  }

  override leave(): void {
    // What comes after a close makes the kernel send a reset, and the peer's own goodbye may be under way.
    if (!this.peerEnded) {
      this.end();
      return;
    }
    this.sayEnd();
    super.leave();
  }

  protected override receive(): number {
    const { early } = this;
    if (early !== null) {
      this.early = null;
      this.filled = true;
      this.loop.freeSlot().set(early);
      return early.length;
    }
    if (this.peerEnded) return 0;
    const length = this.loop.readCipher(this.fd);
    this.filled = length === this.loop.cipherBytesMax;
    return length > 0 ? this.unwrap(length) : length;
  }

  protected override drop(): void {
    super.drop();
    this.loop.sockets.tlsFree(this.session);
  }

  private unwrap(length: number): number {
    const { loop } = this;
    const slot = loop.freeSlot();
    const outRoom = this.opened === null ? alertBytesMax : handshakeBytesMax;
    const end = loop.cipherAt + length;
    let unread = length;
    let plainBytes = 0;
    let status: number;
    do {
      const outAt = loop.room(outRoom);
      if (this.dropped) return nothingYet;
      const plainAt = slot.byteOffset + plainBytes;
      const plainRoom = slot.length - plainBytes;
      loop.sockets.tlsUnwrap(this.session, end - unread, unread, plainAt, plainRoom, outAt, outRoom);
      plainBytes += loop.tlsPlainBytes;
      unread = loop.tlsUnreadBytes;
      status = loop.tlsStatus;
      // Sending may end the connection, and with it the session.
      const reason = status === tlsStatus.failed ? loop.sockets.tlsReason(this.session) : '';
      this.sendOut(outAt);
      if (this.dropped) return nothingYet;
      if (status === tlsStatus.failed) {
        this.fail(new Error(`TLS: ${reason}`));
        return nothingYet;
      }
    } while (status === tlsStatus.full);
    if (status === tlsStatus.ended) {
      this.peerEnded = true;
      // Looked at once more for the end alone.
      this.filled = true;
      if (plainBytes === 0) return 0;
    }
    if (this.opened !== null && status !== tlsStatus.handshake) {
      if (plainBytes > 0) {
        this.early = slot.slice(0, plainBytes);
        this.filled = true;
      }
      const { opened } = this;
      this.opened = null;
      this.pause();
      opened();
      return nothingYet;
    }
    return plainBytes > 0 ? plainBytes : nothingYet;
  }

  /** Sends what the last call of TLS has put there. */
  private sendOut(outAt: number): void {
    const bytes = this.loop.tlsOutBytes;
    // After our end of file nothing can follow, not even an answer of TLS's own.
    if (bytes > 0 && !this.dropped && !this.ending) this.send(this.loop.take(outAt, bytes));
  }
}

/** As `upgradeToServerTls`. */
export async function nativeServerTls(
  connection: NativeConnection,
  options: {
    readonly certificates: ServerCertificates;
    readonly alreadyRead?: Uint8Array;
    readonly handshakeTimeoutMs: number;
  },
): Promise<Connection> {
  const deadlineMs = performance.now() + options.handshakeTimeoutMs;
  const hello = await readHello(
    connection,
    options.alreadyRead ?? new Uint8Array(0),
    options.handshakeTimeoutMs,
  );
  const chosen = options.certificates.choose(hello.servername);
  const { loop } = connection;
  if (hello.bytes.length > loop.cipherBytesMax) {
    connection.destroy();
    throw handshakeFailure(new Error('it sent more than a ClientHello before it had an answer'), 'client');
  }
  let session: TlsSession;
  try {
    session = loop.sockets.tlsAccept(contextOf(loop, chosen));
  } catch (thrown) {
    connection.destroy();
    const error = asError(thrown);
    throw new TlsError('certificate-unusable', `cannot use a certificate: ${error.message}`, error);
  }
  const fd = connection.takeOver();
  if (fd === null) throw handshakeFailure(null, 'client');
  return new Promise((resolve, reject) => {
    const secure = new NativeTlsConnection(connection, fd, session, () => {
      clearTimeout(timer);
      secure.handler = idleHandler;
      secure.tls = {
        servername: hello.servername === '' ? null : hello.servername,
        alpn: secure.hasProtocol ? 'postgresql' : null,
        endPointHash: chosen.endPointHash,
      };
      resolve(secure);
    });
    const giveUp = (error: TlsError): void => {
      clearTimeout(timer);
      secure.handler = idleHandler;
      secure.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => giveUp(new TlsError('timeout', 'the client did not finish the TLS handshake in time')),
      deadlineMs - performance.now(),
    );
    secure.handler = {
      onData() {},
      onDrain() {},
      onEnd: () => giveUp(handshakeFailure(null, 'client')),
      onClose: (error) => giveUp(handshakeFailure(error, 'client')),
    };
    try {
      secure.start(hello.bytes);
    } catch (thrown) {
      giveUp(handshakeFailure(asError(thrown), 'client'));
    }
  });
}

const contexts = new WeakMap<ServerCertificate, TlsContext>();

function contextOf(loop: NativeLoop, certificate: ServerCertificate): TlsContext {
  let context = contexts.get(certificate);
  if (context === undefined) {
    const { certificates, key } = certificate.pem;
    const { ciphers, suites, least, most } = tlsSettings();
    context = loop.sockets.tlsContext(
      certificates,
      key,
      ciphers,
      suites,
      versionNumbers[least],
      versionNumbers[most],
    );
    contexts.set(certificate, context);
  }
  return context;
}
