// The socket of one pooled server connection: hands its bytes to the core, and ends it so that its end is seen.
import type { Connection } from '@weir/net';
import type { ReplyForwarder, RequestForwarder, ServerSession } from '@weir/pooling';
import { terminate } from '@weir/protocol';
import type { OpenedServer } from '../server/open-server.ts';
import type { ServedEndpoint } from './served-endpoint.ts';

/** What a server connection needs of the process. */
export interface ServerConnectionDeps {
  readonly replies: ReplyForwarder;
  readonly requests: RequestForwarder;
  readonly now: () => number;
  /** The server's own end of file was read, or the socket failed: the slot is free. */
  gone(server: ServerSession): void;
}

/** Joins a socket and its session until both are gone. */
export class ServerConnection {
  readonly processId: number;
  readonly secretKey: Uint8Array;
  private readonly connection: Connection;

  constructor(
    opened: OpenedServer,
    server: ServerSession,
    served: ServedEndpoint,
    deps: ServerConnectionDeps,
  ) {
    const { connection } = opened;
    this.processId = opened.processId;
    this.secretKey = opened.secretKey;
    this.connection = connection;
    server.peer = connection;
    connection.handler = {
      onData(bytes, length) {
        served.bytesToClients += length;
        deps.replies.serverData(server, bytes, length, deps.now());
      },
      onDrain: () => deps.requests.serverDrained(server, deps.now()),
      onEnd: () => connection.destroy(),
      // After the server's end of file, or when the socket broke: then nobody can tell the server anything any more.
      onClose: () => deps.gone(server),
    };
  }

  /** Lets the server's bytes come; `leftover` came with the login. */
  start(leftover: Uint8Array): void {
    if (leftover.length > 0) this.connection.handler.onData(leftover, leftover.length);
    this.connection.resume();
  }

  /**
   * Says good-bye and waits for the server's end of file. `inMessage`: the server still reads the rest of a message,
   * which a Terminate would become part of; the end of our bytes ends it just as well.
   */
  end(inMessage: boolean): void {
    if (!inMessage) this.connection.write(terminate());
    this.connection.end();
    this.connection.resume();
  }
}
