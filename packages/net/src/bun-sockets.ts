// Listening and dialling by Bun's own sockets. Who may be dialled is egress.ts's, what listeners promise listener.ts's.
import { isIPv6 } from 'node:net';
import { BunConnection } from './bun-connection.ts';
import type { BunRuntime, BunSocket, BunSocketHandler } from './bun-runtime.ts';
import { asError, DialError, dialReasonOf, ListenError } from './errors.ts';
import type { Connection } from './transport.ts';

/** As `listen`, without its defaults. */
export interface BunListenOptions {
  readonly host: string;
  readonly port: number;
  readonly keepAliveDelayMs: number;
}

// The backlog is Bun's own: 512, and no way to ask for more.
/** A listener of Bun that hands out paused connections. Throws ListenError. */
export function bunListen(
  bun: BunRuntime,
  options: BunListenOptions,
  onConnection: (connection: Connection) => void,
): { host: string; port: number; close(): Promise<void> } {
  const { host, port, keepAliveDelayMs } = options;
  const open = (socket: BunSocket): void => {
    const connection = opened(socket, keepAliveDelayMs);
    try {
      onConnection(connection);
    } catch (thrown) {
      connection.fail(asError(thrown));
    }
  };
  try {
    const listener = bun.listen({
      hostname: host,
      port,
      ipv6Only: isIPv6(host),
      allowHalfOpen: true,
      socket: { ...connectionEvents, open },
    });
    return {
      host: listener.hostname,
      port: listener.port,
      close: async () => listener.stop(false),
    };
  } catch (thrown) {
    throw new ListenError(host, port, asError(thrown));
  }
}

/** Connects by Bun; the connection comes paused. Rejects with DialError. */
export function bunDial(
  bun: BunRuntime,
  { address, port, timeoutMs }: { address: string; port: number; timeoutMs: number },
  keepAliveDelayMs: number,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let givenUp = false;
    const giveUp = (error: DialError): void => {
      givenUp = true;
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(() => giveUp(new DialError(address, port, 'timeout')), timeoutMs);
    const refused = (thrown: unknown): void => {
      const error = asError(thrown);
      giveUp(new DialError(address, port, dialReasonOf(error), error));
    };
    const open = (socket: BunSocket): void => {
      // Bun has no way to end an attempt: who was given up is let go as soon as it answers.
      if (givenUp) {
        socket.close();
        return;
      }
      // A port of the ephemeral range on loopback can connect to itself when nobody listens.
      if (socket.localPort === port && socket.localAddress === socket.remoteAddress) {
        socket.close();
        giveUp(new DialError(address, port, 'refused'));
        return;
      }
      clearTimeout(timer);
      resolve(opened(socket, keepAliveDelayMs));
    };
    const socket = {
      ...connectionEvents,
      open,
      connectError: (_: BunSocket, error: Error) => refused(error),
    };
    bun.connect({ hostname: address, port, allowHalfOpen: true, socket }).catch(refused);
  });
}

function opened(socket: BunSocket, keepAliveDelayMs: number): BunConnection {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveDelayMs);
  return new BunConnection(socket);
}

// A socket that was let go before it became a connection has none.
const connectionOf = (socket: BunSocket): BunConnection | undefined =>
  socket.data as BunConnection | undefined;

/** What Bun calls on a socket whose `data` is its connection. */
export const connectionEvents: Omit<BunSocketHandler, 'open'> = {
  binaryType: 'uint8array',
  data: (socket, bytes) => connectionOf(socket)?.received(bytes),
  drain: (socket) => connectionOf(socket)?.writable(),
  end: (socket) => connectionOf(socket)?.ended(),
  close: (socket, error) => connectionOf(socket)?.closed(error ?? null),
  error: (socket, error) => connectionOf(socket)?.fail(error),
};
