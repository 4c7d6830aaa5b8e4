// What the pooling core asks of the process around it. The app carries it out on sockets, the simulation in memory.
import type { Circuit, TroubleKind } from './circuit.ts';
import type { ClientSession } from './client-session.ts';
import type { Refusal, ServerCloseReason } from './close-reason.ts';
import type { ServerSession } from './server-session.ts';
import type { Upstream } from './upstream.ts';

/** Commands of the core. None may call back into the core before it returns. */
export interface Effects {
  /** Dial and log in; then `serverOpened`, or `serverFailed` once its socket is gone. */
  openServer(server: ServerSession): void;
  /** Terminate and close; then `serverGone` when the server's own end of file was read. */
  closeServer(server: ServerSession, reason: ServerCloseReason): void;
  /** Send a cancel request for what the server runs, bracketed by `cancelStarted` and `cancelFinished`. */
  cancelServer(server: ServerSession): void;
  /** Send the client an error that ends its connection. */
  refuse(client: ClientSession, refusal: Refusal): void;
  /** Close the client's connection after what was written to it. */
  endClient(client: ClientSession): void;
  /** Tell a client that it still waits for a server connection. */
  noticeWait(client: ClientSession, waitMs: number): void;
  /** The ErrorResponse in place of the server's own for a query that was cancelled for running longer than `ms`. */
  queryTimeoutError(client: ClientSession, ms: number): Uint8Array;
  /** The circuit's state is another one; for logs. */
  circuitChanged(upstream: Upstream, circuit: Circuit): void;
}

/** What opening a server connection failed with, as far as the core must know. */
export interface OpenFailure {
  /**
   * `full`: the server has no slot free, which is back-pressure, not an error. `starting`: it will soon be there.
   * `unreachable`: nobody gets in as this one tried. `no-right`: given up here, since the budget's lease had ended.
   * `refused`: this login alone, and waiting does not help.
   */
  readonly kind: TroubleKind | 'no-right' | 'refused';
  /** What the app tells the clients concerned. */
  readonly cause: unknown;
}
