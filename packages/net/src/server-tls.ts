// The server's side of a TLS handshake, over a connection that is already accepted. Which bytes ask for it is the negotiator's.
import { type SecureContext, TLSSocket } from 'node:tls';
import { BunConnection } from './bun-connection.ts';
import { bunServerTls } from './bun-tls.ts';
import { NativeConnection } from './native-connection.ts';
import { nativeServerTls } from './native-tls.ts';
import type { NodeConnection } from './node-connection.ts';
import { TlsConnection } from './node-tls.ts';
import type { ServerCertificates } from './server-certificates.ts';
import { handshakeFailure, TlsHandshake } from './tls-handshake.ts';
import type { Connection } from './transport.ts';

/** How to answer a client that wants TLS. */
export interface ServerTlsOptions {
  readonly certificates: ServerCertificates;
  /**
   * Bytes of the ClientHello that were read already (direct TLS). After an SSLRequest there must be none: what came
   * before the handshake was sent by nobody knows whom, so the negotiator refuses it.
   */
  readonly alreadyRead?: Uint8Array;
  readonly handshakeTimeoutMs: number;
}

/**
 * Agrees on TLS (1.2 or later) as the server. A client that offers ALPN must offer `postgresql`; none is fine here.
 * The old connection must be paused and is void afterwards; the new one comes paused. Rejects with TlsError.
 */
export async function upgradeToServerTls(
  connection: Connection,
  options: ServerTlsOptions,
): Promise<Connection> {
  if (connection instanceof BunConnection) return bunServerTls(connection, options);
  if (connection instanceof NativeConnection) return nativeServerTls(connection, options);
  const socket = (connection as NodeConnection).handOver();
  if (socket.destroyed) throw handshakeFailure(null, 'client');
  if (options.alreadyRead !== undefined && options.alreadyRead.length > 0) {
    socket.unshift(options.alreadyRead);
  }
  let chosen = options.certificates.choose(null);
  const tlsSocket = new TLSSocket(socket, {
    isServer: true,
    secureContext: chosen.context,
    SNICallback: (servername: string, done: (error: Error | null, context?: SecureContext) => void) => {
      chosen = options.certificates.choose(servername);
      done(null, chosen.context);
    },
    ALPNProtocols: ['postgresql'],
  });
  return new TlsHandshake(tlsSocket, 'client', options.handshakeTimeoutMs).finished('secure', () => {
    const named = tlsSocket as unknown as { servername: unknown };
    return new TlsConnection(tlsSocket, {
      servername: typeof named.servername === 'string' && named.servername !== '' ? named.servername : null,
      alpn: tlsSocket.alpnProtocol || null,
      endPointHash: chosen.endPointHash,
    });
  });
}
