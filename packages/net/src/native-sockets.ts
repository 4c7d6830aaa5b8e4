// Listening and dialling by native sockets. Who may be dialled is egress.ts's, what listeners promise listener.ts's.
import { asError, DialError, dialReasonOf, ListenError } from './errors.ts';
import { NativeConnection } from './native-connection.ts';
import { again, inProgress, type NativeLoop, systemError, type Watcher } from './native-loop.ts';
import type { Connection } from './transport.ts';

/** As `listen`, without its defaults. */
export interface NativeListenOptions {
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
  readonly keepAliveDelayMs: number;
  readonly inherited?: number;
  readonly onAcceptError?: (error: Error) => void;
}

// At once in one round; connections that are open want their turn too.
const acceptsMax = 64;
// Without descriptors, say, nobody can be accepted, and asking again at once would only keep a core busy.
const troubleWaitMs = 100;

/** An open listener; see `Listener`. */
export class NativeListener implements Watcher {
  readonly host: string;
  readonly port: number;
  private readonly loop: NativeLoop;
  private readonly fd: number;
  private readonly options: NativeListenOptions;
  private readonly onConnection: (connection: Connection) => void;
  private retry: NodeJS.Timeout | null = null;
  /** How many are taken in a round, and in which round so many were taken last. */
  private accepts = 1;
  private allTakenIn = -2;
  /** It was told of, and since then nobody has been left waiting. */
  private troubleTold = false;
  private closed = false;

  /** Throws ListenError. */
  constructor(
    loop: NativeLoop,
    options: NativeListenOptions,
    onConnection: (connection: Connection) => void,
  ) {
    const { host, port, backlog, keepAliveDelayMs } = options;
    const keepAliveDelayS = Math.ceil(keepAliveDelayMs / 1000);
    const fd =
      options.inherited === undefined
        ? loop.sockets.listen(host, port, backlog, keepAliveDelayS)
        : loop.sockets.listenInherited(options.inherited, backlog, keepAliveDelayS);
    if (fd < 0) throw new ListenError(host, port, systemError(fd, 'listen'));
    [this.port, this.host] = addressOf(loop.sockets.local(fd));
    this.loop = loop;
    this.fd = fd;
    this.options = options;
    this.onConnection = onConnection;
    loop.watch(fd, this);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    // Whoever waits in the queue would be reset: they came before the end.
    for (let left = this.options.backlog; left > 0 && this.retry === null && this.acceptOne(); left--);
    this.closed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    this.loop.close(this.fd);
  }

  /** @internal */
  happened(): void {
    // Told of again in the next round as long as somebody waits; so the call that finds nobody is made in a burst only.
    const wasLeftWaiting = this.loop.rounds === this.allTakenIn + 1;
    if (!wasLeftWaiting) this.troubleTold = false;
    this.take(wasLeftWaiting ? Math.min(acceptsMax, 2 * this.accepts) : 1);
  }

  private take(accepts: number): void {
    this.accepts = accepts;
    for (let count = 0; count < accepts; count++) {
      if (this.closed || this.retry !== null || !this.acceptOne()) return;
    }
    this.allTakenIn = this.loop.rounds;
  }

  /** @internal */
  look(): void {}

  /** False: nobody waits. */
  private acceptOne(): boolean {
    const fd = this.loop.sockets.accept(this.fd);
    if (fd === again) {
      this.troubleTold = false;
      return false;
    }
    if (fd >= 0) this.accepted(fd);
    else {
      const error = systemError(fd, 'accept');
      if (!ofOneConnection.has(error.code ?? '')) this.rest(error);
    }
    return true;
  }

  private accepted(fd: number): void {
    const connection = new NativeConnection(this.loop, fd, this.loop.acceptedPeer(fd));
    try {
      this.onConnection(connection);
    } catch (thrown) {
      connection.fail(asError(thrown));
    }
  }

  private rest(error: Error): void {
    this.retry = setTimeout(() => {
      this.retry = null;
      this.loop.sockets.rest(this.fd, false);
      this.take(1);
    }, troubleWaitMs);
    this.loop.sockets.rest(this.fd, true);
    if (this.troubleTold) return;
    this.troubleTold = true;
    this.options.onAcceptError?.(error);
  }
}

// The connection was gone before we had it, or its network was: the next one may be well. Whatever else it is, lasts.
const ofOneConnection = new Set([
  ...['ECONNABORTED', 'EPROTO', 'ENETDOWN', 'ENOPROTOOPT', 'EHOSTDOWN', 'ENONET', 'EHOSTUNREACH'],
  ...['EOPNOTSUPP', 'ENETUNREACH', 'ETIMEDOUT'],
]);

/** Connects; the connection comes paused. Rejects with DialError. */
export function nativeDial(
  loop: NativeLoop,
  { address, port, timeoutMs }: { address: string; port: number; timeoutMs: number },
  keepAliveDelayMs: number,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const { sockets } = loop;
    const refused = (status: number): void => {
      const error = systemError(status, 'connect');
      reject(new DialError(address, port, dialReasonOf(error), error));
    };
    const fd = sockets.connect(address, port, Math.ceil(keepAliveDelayMs / 1000));
    if (fd < 0) {
      refused(fd);
      return;
    }
    const timer = setTimeout(() => {
      loop.close(fd);
      reject(new DialError(address, port, 'timeout'));
    }, timeoutMs);
    const happened = (events: number): void => {
      const status = sockets.connected(fd);
      if (status === inProgress) return;
      clearTimeout(timer);
      if (status < 0) {
        loop.close(fd);
        refused(status);
      } else if (sockets.local(fd) === sockets.peer(fd)) {
        // A port of the ephemeral range on loopback can connect to itself when nobody listens.
        loop.close(fd);
        reject(new DialError(address, port, 'refused'));
      } else {
        const connection = new NativeConnection(loop, fd, null);
        // What the peer has sent by now will not be told again.
        connection.happened(events);
        resolve(connection);
      }
    };
    loop.watch(fd, { happened, look() {} });
  });
}

function addressOf(text: string | undefined): [port: number, address: string] {
  const [port = '0', address = ''] = (text ?? '').split(' ');
  return [Number(port), address];
}
