// TLS by Bun's own sockets, for either side: the handshake, who is trusted, and the connection that comes of it.
import { isIP } from 'node:net';
import { checkServerIdentity, type SecureContext } from 'node:tls';
import { BunConnection } from './bun-connection.ts';
import type { BunSocket, BunTlsOptions } from './bun-runtime.ts';
import { connectionEvents } from './bun-sockets.ts';
import { endPointHash } from './certificate-hash.ts';
import { asError, codeOf, TlsError } from './errors.ts';
import { readHello } from './hello-reader.ts';
import type { ServerCertificates } from './server-certificates.ts';
import { handshakeFailure, isCertificateFailure } from './tls-handshake.ts';
import type { Connection, TlsFacts } from './transport.ts';

const postgresqlProtocol = Buffer.from('\x0apostgresql', 'latin1');

/** As `upgradeToServerTls`. */
export async function bunServerTls(
  connection: BunConnection,
  options: {
    readonly certificates: ServerCertificates;
    readonly alreadyRead?: Uint8Array;
    readonly handshakeTimeoutMs: number;
  },
): Promise<Connection> {
  const deadlineMs = performance.now() + options.handshakeTimeoutMs;
  // Bun wants the certificate before it has read a name, so the name is read here.
  const hello = await readHello(
    connection,
    options.alreadyRead ?? new Uint8Array(0),
    options.handshakeTimeoutMs,
  );
  const chosen = options.certificates.choose(hello.servername);
  return handshake(connection, 'client', deadlineMs - performance.now(), {
    initialData: hello.bytes,
    tls: {
      secureContext: chosen.context.context,
      isServer: true,
      ALPNProtocols: postgresqlProtocol,
      requestCert: false,
      rejectUnauthorized: false,
    },
    // What the client's certificate lacks is nobody's business: none was asked for.
    accept: (socket) => ({
      servername: hello.servername,
      alpn: socket.alpnProtocol || null,
      endPointHash: chosen.endPointHash,
    }),
  });
}

/** As `upgradeToClientTls`, with the CAs read. */
export async function bunClientTls(
  connection: BunConnection,
  options: {
    readonly mode: 'require' | 'verify-ca' | 'verify-full';
    readonly host: string;
    readonly context: SecureContext;
    readonly handshakeTimeoutMs: number;
  },
): Promise<Connection> {
  const { mode, host } = options;
  const servername = isIP(host) === 0 && host !== '' ? host : null;
  return handshake(connection, 'server', options.handshakeTimeoutMs, {
    tls: {
      secureContext: options.context.context,
      isServer: false,
      ALPNProtocols: postgresqlProtocol,
      requestCert: true,
      // Looked at in `accept`, which knows how to say what is wrong.
      rejectUnauthorized: false,
      // An empty one, or Bun names the address that it dialled, which SNI forbids.
      serverName: servername ?? '',
    },
    accept(socket, distrust) {
      // Of several faults Bun names the name last, so what is told of the name alone was signed by whom it should be.
      const untrusted = distrust !== null && codeOf(distrust) !== 'ERR_TLS_CERT_ALTNAME_INVALID';
      if (mode !== 'require' && untrusted) throw handshakeFailure(distrust, 'server');
      if (mode === 'verify-full') {
        const misnamed = checkServerIdentity(host, socket.getPeerCertificate()) ?? distrust;
        if (misnamed) throw handshakeFailure(misnamed, 'server');
      }
      const certificate = socket.getPeerX509Certificate();
      return {
        servername,
        alpn: socket.alpnProtocol || null,
        endPointHash: certificate === undefined ? null : endPointHash(certificate.raw),
      };
    },
  });
}

interface Handshake extends Pick<BunTlsOptions, 'tls' | 'initialData'> {
  /** What is now known, or a TlsError. `distrust`: why the peer's certificate is not trusted. */
  accept(socket: BunSocket, distrust: Error | null): TlsFacts;
}

function handshake(
  connection: BunConnection,
  peer: 'client' | 'server',
  timeoutMs: number,
  { accept, ...options }: Handshake,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const plain = connection.handOver();
    if (plain === null) {
      reject(handshakeFailure(null, peer));
      return;
    }
    let cause: Error | null = null;
    let settled = false;
    let secure: BunSocket | null = null;
    const giveUp = (error: unknown): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      (secure ?? plain).close();
      reject(error);
    };
    const timer = setTimeout(
      () => giveUp(new TlsError('timeout', `the ${peer} did not finish the TLS handshake in time`)),
      timeoutMs,
    );
    const events = {
      ...connectionEvents,
      open() {},
      handshake(socket: BunSocket, success: boolean, failure: Error | null) {
        if (settled) return;
        secure ??= socket;
        // Bun also says false when all that is wrong is the certificate: that is for `accept` to judge. Anything else is
        // no handshake, though the peer may have shown a certificate by then whose key it does not have.
        if (!success && !isCertificateFailure(failure)) {
          giveUp(handshakeFailure(failure ?? cause, peer));
          return;
        }
        try {
          const facts = accept(socket, failure);
          settled = true;
          clearTimeout(timer);
          resolve(new BunConnection(socket, facts));
        } catch (thrown) {
          giveUp(thrown);
        }
      },
      error(socket: BunSocket, error: Error) {
        if (settled) connectionEvents.error(socket, error);
        else cause ??= error;
      },
      end(socket: BunSocket) {
        if (settled) connectionEvents.end(socket);
        else giveUp(handshakeFailure(cause, peer));
      },
      close(socket: BunSocket, error?: Error) {
        if (settled) connectionEvents.close(socket, error);
        else giveUp(handshakeFailure(cause ?? error ?? null, peer));
      },
    };
    try {
      plain.resume();
      [, secure] = plain.upgradeTLS({ ...options, socket: events });
    } catch (thrown) {
      const error = asError(thrown);
      giveUp(new TlsError('protocol', `TLS could not be started (${error.message})`, error));
    }
  });
}
