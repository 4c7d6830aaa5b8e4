// TLS connections over node:tls once the handshake is done: decrypted bytes come by events, writes are bounded here.
import type { TLSSocket } from 'node:tls';
import { NodeConnection } from './node-connection.ts';
import { copyBytes } from './read-memory.ts';
import type { TlsFacts } from './transport.ts';

// TLS never finishes a write in the turn that made it, so «all sent» cannot be the measure. Up to here bytes are taken
// over; it is above Node's own high-water mark, so that Node's 'drain' is sure to come.
const unsentBytesMax = 128 * 1024;

/** A connection over which TLS has been agreed on. */
export class TlsConnection extends NodeConnection {
  constructor(socket: TLSSocket, facts: TlsFacts) {
    super(socket, facts);
    socket.pause();
    socket.on('data', (bytes: Buffer) => this.deliver(bytes, bytes.length));
    // A server-side TLSSocket made by hand announces errors after the handshake by this event alone.
    socket.on('_tlsError', (error: Error) => this.fail(error));
  }

  write(bytes: Uint8Array): boolean {
    if (this.sealed) return true;
    const socket = this.socket;
    // The first one is encrypted before `write` returns; those behind it wait in Node's queue by reference.
    socket.write(socket.writableLength > 0 ? copyBytes(bytes) : bytes);
    if (socket.writableLength < unsentBytesMax) return true;
    this.promiseDrain();
    return false;
  }

  protected startReading(): void {
    this.socket.resume();
  }
}
