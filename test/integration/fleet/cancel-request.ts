// A CancelRequest as libpq sends it: on a connection of its own, over when the pooler closes that.
import { connect } from 'node:net';
import { encodeCancelRequest } from '@weir/protocol';
import type pg from 'pg';

/** The key that the client was given at its login. */
export function cancelKeyOf(client: pg.Client): { processId: number; secretKey: Uint8Array } {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const key = Buffer.alloc(4);
  key.writeInt32BE(secretKey);
  return { processId: processID, secretKey: key };
}

/** Resolves when the pooler on `port` has closed the request's connection. */
export function requestCancel(
  port: number,
  key: { readonly processId: number; readonly secretKey: Uint8Array },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(encodeCancelRequest(key.processId, key.secretKey)),
    );
    socket
      .on('error', reject)
      .on('close', () => resolve())
      .resume();
  });
}
