// Listening sockets: what is accepted becomes a paused connection, the listener closes without touching open ones.
import { lookup } from 'node:dns/promises';
import { type AddressInfo, createServer, isIP, isIPv6, type Server } from 'node:net';
import { setImmediate as immediately } from 'node:timers/promises';
import { bun } from './bun-runtime.ts';
import { bunListen } from './bun-sockets.ts';
import { asError, ListenError } from './errors.ts';
import type { NativeLoop } from './native-loop.ts';
import { NativeListener } from './native-sockets.ts';
import { acceptedConnection, type ReadMode } from './node-plain.ts';
import type { Connection } from './transport.ts';
import { chosenLoop } from './transport-choice.ts';

/** TCP keepalive probes start after this much silence, on either side of the relay. */
export const keepAliveDelayMs = 30_000;

// Bursts of a thousand connects are ordinary; the kernel cuts this to its own limit.
const backlogDefault = 4096;

/** Where to listen. */
export interface ListenOptions {
  /** An address of this machine; an IPv6 one (also `::`) takes IPv6 peers only. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly backlog?: number;
  /** The descriptor of a bound socket that this process was started with, to listen on instead of a new one. Not on Bun. */
  readonly inherited?: number;
  /** Told when the system could not hand out an accepted connection (out of descriptors). The listener goes on. */
  readonly onAcceptError?: (error: Error) => void;
  /** `data-events` forces the way that needs nothing private of Node; for tests and for other runtimes. */
  readonly readMode?: ReadMode;
}

/** An open listener. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Takes those who wait in the queue, then stops accepting; connections that are open live on. */
  close(): Promise<void>;
}

/**
 * Accepts connections until closed. Each comes paused; an exception out of `onConnection` destroys that connection.
 * Rejects with ListenError.
 */
export async function listen(
  options: ListenOptions,
  onConnection: (connection: Connection) => void,
): Promise<Listener> {
  if (bun !== null) {
    if (options.inherited !== undefined) {
      throw new ListenError(options.host, options.port, new Error('Bun takes no inherited sockets'));
    }
    return bunListen(bun, { host: options.host, port: options.port, keepAliveDelayMs }, onConnection);
  }
  const native = chosenLoop();
  if (native !== null) return nativeListen(native, options, onConnection);
  const server = createServer({
    allowHalfOpen: true,
    pauseOnConnect: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveDelayMs,
  });
  const readMode = options.readMode ?? 'own-buffer';
  let accepts = 0;
  server.on('connection', (accepted) => {
    accepts++;
    const connection = acceptedConnection(accepted, readMode);
    try {
      onConnection(connection);
    } catch (thrown) {
      connection.fail(asError(thrown));
    }
  });
  const backlog = options.backlog ?? backlogDefault;
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(new ListenError(options.host, options.port, error));
    server.once('error', refuse);
    server.listen(
      options.inherited === undefined
        ? { host: options.host, port: options.port, backlog, ipv6Only: isIPv6(options.host) }
        : { fd: options.inherited, backlog },
      () => {
        server.off('error', refuse);
        server.on('error', (error) => options.onAcceptError?.(error));
        resolve(listenerOver(server, backlog, () => accepts));
      },
    );
  });
}

async function nativeListen(
  loop: NativeLoop,
  options: ListenOptions,
  onConnection: (connection: Connection) => void,
): Promise<Listener> {
  let { host } = options;
  if (isIP(host) === 0) {
    try {
      host = (await lookup(host)).address;
    } catch (thrown) {
      throw new ListenError(host, options.port, asError(thrown));
    }
  }
  return new NativeListener(
    loop,
    { ...options, host, backlog: options.backlog ?? backlogDefault, keepAliveDelayMs },
    onConnection,
  );
}

function listenerOver(server: Server, backlog: number, acceptedCount: () => number): Listener {
  const bound = server.address() as AddressInfo;
  return {
    host: bound.address,
    port: bound.port,
    // Not waited for by the server's own 'close', which comes only after the last connection's.
    close: async () => {
      // Whoever waits in the queue came before the end and would be reset. Node accepts one each time it polls, at least.
      for (let left = backlog, seen = -1; left > 0 && seen !== acceptedCount(); left--) {
        seen = acceptedCount();
        await immediately();
        await immediately();
      }
      if (server.listening) server.close();
    },
  };
}
