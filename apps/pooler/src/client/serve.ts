// A pooled client from its greeting to its end: its socket's events go to the pooling core, its end is seen once.
import type { Connection, ConnectionHandler } from '@weir/net';
import { ClientSession, noValues, type ValueSet, valueSetOf, valueSetsForgotten } from '@weir/pooling';
import { errorResponse } from '@weir/protocol';
import type { Logger } from '@weir/telemetry';
import type { CancelKey, CancelKeys } from '../cancel/cancel-keys.ts';
import { PoolerError } from '../errors.ts';
import type { PooledClient, PoolRunner } from '../pools/pool-runner.ts';
import type { ServedEndpoint } from '../pools/served-endpoint.ts';
import type { Admission } from './admit.ts';
import { greet, knownGreeting } from './greet.ts';
import { letGo } from './refuse.ts';
import type { StartupParameters } from './startup-parameters.ts';

/** A client that has logged in for a pool. */
export interface PooledLogin {
  readonly connection: Connection;
  /** Bytes that came behind the login. */
  readonly leftover: Uint8Array;
  readonly minor: 0 | 2;
  readonly served: ServedEndpoint;
  readonly role: string;
  readonly startup: StartupParameters;
  /** Its place, given back when it is gone. */
  readonly admission: Admission;
}

export interface ServeDeps {
  readonly runner: PoolRunner;
  readonly cancelKeys: CancelKeys;
  readonly now: () => number;
  readonly log: Logger;
}

/** Joins the client to its pool; returns at once. */
export function serve(login: PooledLogin, deps: ServeDeps): void {
  const { connection, served, role, startup, leftover } = login;
  const { runner, now } = deps;
  const { pool, replayed } = served.poolFor(role, startup.database, startup.keyGucs);
  const replay = replayOf(startup.replayGucs, replayed);
  const told = knownGreeting(pool, replay);
  const session = new ClientSession({ peer: connection, pool, replay, told: told ?? noValues });
  const client = new ServedClient(login, session, deps);
  connection.handler = client;
  runner.clients.set(session, client);
  runner.dispatcher.clientStarted(session, now());
  greet(session, told, client.key, runner, now);
  if (client.over) return;
  if (leftover.length > 0) client.onData(leftover, leftover.length);
  connection.resume();
}

interface KnownReplay {
  readonly set: ValueSet;
  readonly timesForgotten: number;
}

// The settings of clients that send the same are one object.
const replays = new WeakMap<ReadonlyMap<string, string>, KnownReplay>();

function replayOf(own: ReadonlyMap<string, string>, replayed: ReadonlyMap<string, string>): ValueSet {
  if (replayed.size > 0) return valueSetOf(new Map([...replayed, ...own]));
  const known = replays.get(own);
  const timesForgotten = valueSetsForgotten();
  if (known?.timesForgotten === timesForgotten) return known.set;
  const set = valueSetOf(own);
  replays.set(own, { set, timesForgotten: valueSetsForgotten() });
  return set;
}

/**
 * What the socket's events mean to the core, and the one look at the client's end. One object without closures, since
 * an idle client is kept for hours.
 */
class ServedClient implements ConnectionHandler, PooledClient {
  readonly connection: Connection;
  readonly served: ServedEndpoint;
  readonly role: string;
  readonly key: CancelKey;
  over = false;
  private readonly session: ClientSession;
  private readonly deps: ServeDeps;
  private readonly admission: Admission;

  constructor(login: PooledLogin, session: ClientSession, deps: ServeDeps) {
    this.connection = login.connection;
    this.served = login.served;
    this.role = login.role;
    this.admission = login.admission;
    this.session = session;
    this.deps = deps;
    this.key = deps.cancelKeys.give(login.minor, () => this.cancel());
  }

  onData(bytes: Uint8Array, length: number): void {
    const { session } = this;
    const { runner, now } = this.deps;
    this.served.bytesFromClients += length;
    runner.requests.clientData(session, bytes, length, now());
    if (session.state !== 'ended' || this.over) return;
    // It said Terminate.
    runner.clients.delete(session);
    this.closed('terminate');
    letGo(this.connection);
  }

  onDrain(): void {
    this.deps.runner.requests.clientDrained(this.session, this.deps.now());
  }

  onEnd(): void {
    this.lost();
    this.connection.destroy();
  }

  onClose(): void {
    this.lost();
  }

  private lost(): void {
    const { runner, now } = this.deps;
    runner.clients.delete(this.session);
    runner.dispatcher.clientEnded(this.session, 'lost', now());
    this.closed('lost');
  }

  closed(reason: string): void {
    if (this.over) return;
    this.over = true;
    this.deps.cancelKeys.take(this.key);
    this.served.clientCloses.add(reason);
    if (this.deps.log.isLevelEnabled('debug')) this.log(reason);
    this.admission.leave();
  }

  private log(reason: string): void {
    const { served, role } = this;
    const { pool, startup, checkouts, serverChanges, pinReasons } = this.session;
    this.deps.log.debug(
      {
        endpoint: served.endpoint.endpointId,
        role,
        database: pool.database,
        application: startup.values.get('application_name') ?? '',
        reason,
        checkouts,
        serverChanges,
        pins: pinReasons,
      },
      'client ended',
    );
  }

  /** Stops what the client runs or waits for; a client that is owed nothing is left alone. */
  private async cancel(): Promise<void> {
    const { session } = this;
    const { runner, now } = this.deps;
    if (session.state === 'waiting') {
      runner.requests.cancelWaiting(session, canceledFrame, now());
      return;
    }
    const { server } = session;
    if (server === null || server.replaying || server.owed.length === 0) return;
    await runner.cancel(server);
  }
}

const canceledFrame = errorResponse(new PoolerError('QUERY_CANCELED').toFields());
