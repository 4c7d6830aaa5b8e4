// Reads a client's ClientHello ahead of the handshake: whom it asks for decides over the certificate, and whether there is a handshake at all.
import { servernameOf } from './client-hello.ts';
import { TlsError } from './errors.ts';
import { idleHandler } from './node-connection.ts';
import { handshakeFailure } from './tls-handshake.ts';
import type { Connection } from './transport.ts';

/** What a client sent first, for the handshake to read again, and the host name in it. */
export interface EarlyHello {
  readonly bytes: Uint8Array;
  readonly servername: string | null;
}

/**
 * Reads on from `alreadyRead` until the name can be told; leaves the connection paused and without a handler. Rejects
 * with TlsError, the connection destroyed.
 */
export function readHello(
  connection: Connection,
  alreadyRead: Uint8Array,
  timeoutMs: number,
): Promise<EarlyHello> {
  return new Promise((resolve, reject) => {
    let bytes: Uint8Array = alreadyRead;
    const done = (): void => {
      clearTimeout(timer);
      connection.handler = idleHandler;
    };
    const giveUp = (error: TlsError): void => {
      done();
      connection.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => giveUp(new TlsError('timeout', 'the client did not finish the TLS handshake in time')),
      timeoutMs,
    );
    const look = (): void => {
      const servername = servernameOf(bytes);
      if (servername === undefined) {
        connection.resume();
        return;
      }
      done();
      connection.pause();
      resolve({ bytes, servername });
    };
    connection.handler = {
      onData(more, length) {
        bytes = Buffer.concat([bytes, more.subarray(0, length)]);
        look();
      },
      onDrain() {},
      onEnd: () => giveUp(handshakeFailure(null, 'client')),
      onClose: (error) => giveUp(handshakeFailure(error, 'client')),
    };
    look();
  });
}
