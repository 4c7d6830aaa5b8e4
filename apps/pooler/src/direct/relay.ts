// Two connections joined byte by byte, with backpressure both ways, until the server's end of file has been read.
import type { Connection } from '@weir/net';
import { errorResponse } from '@weir/protocol';
import type { PoolerError } from '../errors.ts';
import type { ServedEndpoint } from '../pools/served-endpoint.ts';

/** Unsent to one side, before the other is read no further. Bytes. */
const unsentBytesMax = 256 * 1024;

/** A relayed pair, for draining. */
export interface DirectPair {
  /** Ends both sides; the client is told why. */
  dismiss(error: PoolerError): void;
}

/** Resolves with why it ended, once the server's side is gone: only then is its slot free. */
export function relay(
  client: Connection,
  server: Connection,
  served: ServedEndpoint,
  pairs: Set<DirectPair>,
): Promise<string> {
  return new Promise((resolve) => {
    let reason: string | null = null;
    let clientGone = false;
    const pair: DirectPair = {
      dismiss(error) {
        reason ??= error.code;
        client.write(errorResponse(error.toFields()));
        client.end();
        server.end();
      },
    };
    pairs.add(pair);
    client.handler = {
      onData(bytes, length) {
        served.bytesFromClients += length;
        if (!server.write(bytes.subarray(0, length)) && server.unsentBytes > unsentBytesMax) client.pause();
      },
      onDrain: () => server.resume(),
      // The server sees the end as it would directly, and goes on to its own.
      onEnd() {
        reason ??= 'terminate';
        server.end();
      },
      onClose() {
        clientGone = true;
        reason ??= 'lost';
        server.end();
        server.resume();
      },
    };
    server.handler = {
      onData(bytes, length) {
        if (clientGone) return;
        served.bytesToClients += length;
        if (!client.write(bytes.subarray(0, length)) && client.unsentBytes > unsentBytesMax) server.pause();
      },
      onDrain: () => client.resume(),
      onEnd() {
        reason ??= 'server-ended';
        client.end();
        server.destroy();
      },
      onClose() {
        pairs.delete(pair);
        client.end();
        resolve(reason ?? 'server-ended');
      },
    };
  });
}
