// Waiting for a handshake's end, for either side: done, failed for one of a closed list of reasons, or too late.
import type { TLSSocket } from 'node:tls';
import { codeOf, TlsError, type TlsReason } from './errors.ts';
import type { TlsConnection } from './node-tls.ts';

/** A handshake under way on `socket`, with `peer` at the other end. */
export class TlsHandshake {
  private readonly socket: TLSSocket;
  private readonly peer: 'client' | 'server';
  private readonly timeoutMs: number;

  constructor(socket: TLSSocket, peer: 'client' | 'server', timeoutMs: number) {
    this.socket = socket;
    this.peer = peer;
    this.timeoutMs = timeoutMs;
    socket.pause();
  }

  /** What `connected` makes in the turn in which `event` tells of success. Rejects with TlsError, the socket destroyed. */
  finished(event: 'secure' | 'secureConnect', connected: () => TlsConnection): Promise<TlsConnection> {
    const { socket, peer } = this;
    return new Promise((resolve, reject) => {
      let cause: Error | null = null;
      const settle = (): void => {
        clearTimeout(timer);
        socket.off(event, succeed);
        socket.off('_tlsError', remember);
        socket.off('end', lost);
        socket.off('close', lost);
        // 'error' stays listened to: the reason may come after the socket was given up, and must not end the process.
      };
      const giveUp = (error: TlsError): void => {
        settle();
        socket.destroy();
        reject(error);
      };
      const remember = (error: Error): void => {
        cause ??= error;
      };
      const lost = (): void => giveUp(handshakeFailure(cause, peer));
      const succeed = (): void => {
        settle();
        try {
          resolve(connected());
          socket.off('error', remember);
        } catch (error) {
          socket.destroy();
          reject(error);
        }
      };
      const timer = setTimeout(
        () => giveUp(new TlsError('timeout', `the ${peer} did not finish the TLS handshake in time`)),
        this.timeoutMs,
      );
      socket.on(event, succeed);
      socket.on('_tlsError', remember);
      socket.on('error', remember);
      // Half-open sockets are not closed by the peer's end of file.
      socket.on('end', lost);
      socket.on('close', lost);
    });
  }
}

/** A TlsError for what Node says of a failed handshake with `peer`; null if the peer just went away. */
export function handshakeFailure(cause: Error | null, peer: 'client' | 'server'): TlsError {
  const reason = reasonOf(cause);
  return new TlsError(reason, wordsFor(reason, peer, cause), cause ?? undefined);
}

function reasonOf(cause: Error | null): TlsReason {
  const code = codeOf(cause);
  if (cause === null || code === 'ECONNRESET' || code === 'EPIPE') return 'closed';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'name-mismatch';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'expired';
  return certificateCode.test(code) ? 'untrusted' : 'protocol';
}

/** True if the handshake itself went well, and what is wrong is the peer's certificate. */
export function isCertificateFailure(failure: Error | null): boolean {
  return certificateCode.test(String((failure as { code?: unknown } | null)?.code ?? ''));
}

const certificateCode = /CERT|ISSUER|SELF_SIGNED|LEAF_SIGNATURE|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH/;

function wordsFor(reason: TlsReason, peer: string, cause: Error | null): string {
  const detail = cause === null ? '' : ` (${cause.message})`;
  switch (reason) {
    case 'untrusted':
      return `the ${peer}'s certificate is not signed by a trusted authority${detail}: give its CA certificate`;
    case 'expired':
      return `the ${peer}'s certificate is outside its period of validity${detail}: renew it`;
    case 'name-mismatch':
      return `the ${peer}'s certificate is for another host name${detail}: use that name, or mode verify-ca`;
    case 'closed':
      return `the ${peer} closed the connection during the TLS handshake`;
    default:
      return `the ${peer} speaks no TLS that fits${detail}`;
  }
}
