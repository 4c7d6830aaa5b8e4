// The part of reaching a server that logins and cancels share: name, egress check, dial, TLS as the tenant asks for it.
import { type Connection, dialHost, type EgressPolicy, FrameChannel, upgradeToClientTls } from '@weir/net';
import { encodeSslRequest } from '@weir/protocol';
import type { Upstream } from '@weir/tenancy';
import { PoolerError } from '../errors.ts';

export interface ConnectServerOptions {
  readonly endpointId: string;
  readonly upstream: Upstream;
  readonly policy: EgressPolicy;
  /** Milliseconds left, asked again before each step; at least 1. */
  readonly remainingMs: () => number;
}

const tlsYes = 0x53;
const tlsNo = 0x4e;

/**
 * A paused connection, TLS unless the mode is `disable`. No slot of the server is in use yet: a backend takes one
 * after the startup packet. Rejects with errors of net or a PoolerError, the socket destroyed.
 */
export async function connectServer(options: ConnectServerOptions): Promise<Connection> {
  const { upstream, policy, remainingMs } = options;
  const { host, port, tlsMode } = upstream;
  const connection = await dialHost({ host, port, timeoutMs: remainingMs(), policy });
  if (tlsMode === 'disable') return connection;
  try {
    await requestTls(connection, options);
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return upgradeToClientTls(connection, {
    mode: tlsMode,
    host,
    caPem: upstream.caPem,
    handshakeTimeoutMs: remainingMs(),
  });
}

async function requestTls(connection: Connection, options: ConnectServerOptions): Promise<void> {
  const channel = new FrameChannel(connection);
  channel.setDeadline(options.remainingMs());
  channel.write(encodeSslRequest());
  const answer = (await channel.read(1))[0]!;
  // Bytes behind the answer came before the handshake, so nobody knows from whom.
  const stuffed = channel.detach().length > 0;
  if (answer === tlsNo) throw new PoolerError('SERVER_TLS_REFUSED', { endpoint: options.endpointId });
  if (answer !== tlsYes || stuffed) {
    throw new PoolerError('SERVER_PROTOCOL', { what: 'unexpected answer to SSLRequest' });
  }
}
