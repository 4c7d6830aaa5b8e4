// Outgoing connections to one address. Names, policy and which address to try are egress.ts's.
import { connect } from 'node:net';
import { bun } from './bun-runtime.ts';
import { bunDial } from './bun-sockets.ts';
import { DialError, dialReasonOf } from './errors.ts';
import { keepAliveDelayMs } from './listener.ts';
import { nativeDial } from './native-sockets.ts';
import { ownReading, PlainConnection, type ReadMode } from './node-plain.ts';
import type { Connection } from './transport.ts';
import { chosenLoop } from './transport-choice.ts';

/** Whom to dial. */
export interface DialOptions {
  /** An IPv4 or IPv6 literal, the latter perhaps with a zone. */
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** As for `listen`. */
  readonly readMode?: ReadMode;
}

/** Connects; the connection comes paused. Rejects with DialError. */
export function dial(options: DialOptions): Promise<Connection> {
  const { address, port } = options;
  if (bun !== null) return bunDial(bun, options, keepAliveDelayMs);
  const native = chosenLoop();
  if (native !== null) return nativeDial(native, options, keepAliveDelayMs);
  const reading = options.readMode === 'data-events' ? null : ownReading();
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelayMs,
      autoSelectFamily: false,
      ...(reading === null ? {} : { onread: reading.onread }),
    });
    socket.pause();
    const giveUp = (error: DialError): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => giveUp(new DialError(address, port, 'timeout')), options.timeoutMs);
    const refused = (error: Error): void => giveUp(new DialError(address, port, dialReasonOf(error), error));
    socket.on('error', refused);
    socket.once('connect', () => {
      // A port of the ephemeral range on loopback can connect to itself when nobody listens.
      if (socket.localPort === port && socket.localAddress === socket.remoteAddress) {
        giveUp(new DialError(address, port, 'refused'));
        return;
      }
      clearTimeout(timer);
      const connection = new PlainConnection(socket, reading === null ? 'data-events' : 'own-buffer');
      socket.off('error', refused);
      reading?.attach(connection);
      resolve(connection);
    });
  });
}
