// The client's side of a TLS handshake with a Postgres server, and the modes of checking who it is.
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, createSecureContext, type SecureContext } from 'node:tls';
import { BunConnection } from './bun-connection.ts';
import { bunClientTls } from './bun-tls.ts';
import { endPointHash } from './certificate-hash.ts';
import { asError, TlsError } from './errors.ts';
import type { NativeConnection } from './native-connection.ts';
import type { NodeConnection } from './node-connection.ts';
import { TlsConnection } from './node-tls.ts';
import { handshakeFailure, TlsHandshake } from './tls-handshake.ts';
import type { Connection } from './transport.ts';

/** How to check a server: as libpq's sslmode of the same name. */
export interface ClientTlsOptions {
  readonly mode: 'require' | 'verify-ca' | 'verify-full';
  /** The name or address the server is known by: sent as SNI if it is a name, checked in `verify-full`. */
  readonly host: string;
  /** Whom to trust, as PEM; null for the public authorities. */
  readonly caPem: string | null;
  readonly handshakeTimeoutMs: number;
}

/**
 * Agrees on TLS (1.2 or later) as the client, after the server's `S` or at once for direct TLS. `endPointHash` is of
 * the server's certificate. The old connection must be paused and is void afterwards; the new one comes paused.
 * Rejects with TlsError.
 */
export async function upgradeToClientTls(
  connection: Connection,
  options: ClientTlsOptions,
): Promise<Connection> {
  const bare =
    connection instanceof BunConnection
      ? connection
      : (connection as NodeConnection | NativeConnection).handOver();
  if ('destroyed' in bare && bare.destroyed) throw handshakeFailure(null, 'server');
  const host = options.host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  let secureContext: SecureContext;
  try {
    secureContext = contextFor(options.caPem);
  } catch (thrown) {
    bare.destroy();
    throw new TlsError(
      'certificate-unusable',
      'the CA certificates given for the server cannot be read: give them in PEM form',
      asError(thrown),
    );
  }
  if (bare instanceof BunConnection) {
    return bunClientTls(bare, { ...options, host, context: secureContext });
  }
  const tlsSocket = connect({
    socket: bare,
    secureContext,
    ALPNProtocols: ['postgresql'],
    rejectUnauthorized: options.mode !== 'require',
    checkServerIdentity: (_name, certificate) =>
      options.mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
    ...(isIP(host) === 0 && host !== '' ? { servername: host } : {}),
  });
  return new TlsHandshake(tlsSocket, 'server', options.handshakeTimeoutMs).finished('secureConnect', () => {
    const certificate = tlsSocket.getPeerX509Certificate();
    return new TlsConnection(tlsSocket, {
      servername: isIP(host) === 0 ? host : null,
      alpn: tlsSocket.alpnProtocol || null,
      endPointHash: certificate === undefined ? null : endPointHash(certificate.raw),
    });
  });
}

// Reading PEM costs more than a handshake's JavaScript, and a tenant's CA comes again with each dial.
const contexts = new Map<string, SecureContext>();
const contextsMax = 256;

function contextFor(caPem: string | null): SecureContext {
  const key = caPem ?? 'public authorities';
  let context = contexts.get(key);
  if (context === undefined) {
    // Node passes over a CA that it cannot read, and would then call every server untrusted.
    if (caPem !== null) new X509Certificate(caPem);
    context = createSecureContext({ ...(caPem === null ? {} : { ca: caPem }), minVersion: 'TLSv1.2' });
    if (contexts.size >= contextsMax) contexts.delete(contexts.keys().next().value!);
  } else contexts.delete(key);
  contexts.set(key, context);
  return context;
}
