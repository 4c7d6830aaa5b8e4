// Sends a CancelRequest to a server and waits until the server has acted on it.
import { ChannelClosedError, type EgressPolicy, FrameChannel } from '@weir/net';
import { encodeCancelRequest } from '@weir/protocol';
import type { Upstream } from '@weir/tenancy';
import { connectServer } from './connect-server.ts';
import { endAndWait, watchEnd } from './server-end.ts';
import { serverError } from './server-error.ts';

export interface CancelServerOptions {
  readonly endpointId: string;
  readonly upstream: Upstream;
  readonly processId: number;
  readonly secretKey: Uint8Array;
  readonly policy: EgressPolicy;
  readonly timeoutMs: number;
}

/**
 * Resolves only after the server has closed the cancel connection: from then on the signal is sent, so the server
 * connection may be handed on once its current query has ended. Rejects with PoolerError SERVER_UNREACHABLE …;
 * whether the cancel arrived is not known then.
 */
export async function cancelServer(options: CancelServerOptions): Promise<void> {
  const { endpointId, upstream, policy, processId, secretKey } = options;
  const deadlineAt = performance.now() + options.timeoutMs;
  const remainingMs = () => Math.max(1, deadlineAt - performance.now());
  try {
    const connection = await connectServer({ endpointId, upstream, policy, remainingMs });
    const channel = new FrameChannel(connection);
    const watch = watchEnd(connection);
    channel.setDeadline(remainingMs());
    channel.write(encodeCancelRequest(processId, secretKey));
    try {
      // Not ended by us before: a server may read our end of file and leave without having looked at the request.
      await channel.peekByte();
    } catch (error) {
      channel.setDeadline(null);
      if (!(error instanceof ChannelClosedError)) {
        connection.destroy();
        throw error;
      }
    }
    channel.setDeadline(null);
    await endAndWait(connection, watch);
  } catch (error) {
    throw serverError(error, endpointId);
  }
}
