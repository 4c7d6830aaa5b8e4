// Two connections joined byte by byte, with backpressure both ways, until the server's end of file has been read.
import type { Connection } from '@weir/net';
import { errorResponse } from '@weir/protocol';
import { endSoon } from '../client/refuse.ts';
import type { PoolerError } from '../errors.ts';
import type { ServedEndpoint } from '../pools/served-endpoint.ts';

/** Unsent to one side, before the other is read no further. Bytes. */
const unsentBytesMax = 256 * 1024;

/** What is relayed, and how what runs on its server is cancelled. */
export interface RelayedSession {
  readonly served: ServedEndpoint;
  readonly role: string;
  readonly database: string;
  /** Resolves, whether or not the request arrived. */
  cancel(): Promise<void>;
}

/** A relayed pair, for draining and for orders. */
export interface DirectPair {
  readonly served: ServedEndpoint;
  readonly role: string;
  readonly database: string;
  /** Ends both sides; the client is told why. */
  dismiss(error: PoolerError): void;
  /** As dismiss, and what the server runs is cancelled: its last words go before the error, so that none is cut in two. */
  kill(error: PoolerError): void;
}

/** A server that does not end, or a client that does not read, within this time is cut off. */
const killPatienceMs = 5_000;

/** Resolves with why it ended, once the server's side is gone: only then is its slot free. */
export function relay(
  client: Connection,
  server: Connection,
  session: RelayedSession,
  pairs: Set<DirectPair>,
): Promise<string> {
  const { served, role, database } = session;
  return new Promise((resolve) => {
    let reason: string | null = null;
    let clientGone = false;
    let killed: { readonly error: PoolerError; readonly timer: NodeJS.Timeout } | null = null;
    const pair: DirectPair = {
      served,
      role,
      database,
      dismiss(error) {
        reason ??= error.code;
        client.write(errorResponse(error.toFields()));
        client.end();
        server.end();
      },
      kill(error) {
        if (killed !== null) return;
        reason ??= error.code;
        const timer = setTimeout(() => {
          client.destroy();
          server.destroy();
        }, killPatienceMs);
        killed = { error, timer };
        void session.cancel();
        server.end();
      },
    };
    pairs.add(pair);
    client.handler = {
      onData(bytes, length) {
        if (killed !== null) return;
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
        if (killed !== null) client.write(errorResponse(killed.error.toFields()));
        client.end();
        server.destroy();
      },
      onClose() {
        pairs.delete(pair);
        if (killed !== null) clearTimeout(killed.timer);
        if (!clientGone) endSoon(client);
        resolve(reason ?? 'server-ended');
      },
    };
  });
}
