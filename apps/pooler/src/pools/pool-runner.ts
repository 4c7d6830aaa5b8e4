// Carries out on sockets what the pooling core decides: opening, closing, cancelling, refusing. Decides nothing itself.
import type { Connection, EgressPolicy } from '@weir/net';
import {
  type Circuit,
  type ClientSession,
  Dispatcher,
  type Effects,
  type Refusal,
  ReplyForwarder,
  RequestForwarder,
  type ServerCloseReason,
  type ServerSession,
  type Upstream,
  valueSetOf,
} from '@weir/pooling';
import { errorResponse, noticeResponse } from '@weir/protocol';
import type { Logger } from '@weir/telemetry';
import type { ServerCredential } from '../client/authenticate.ts';
import { endSoon, refuse } from '../client/refuse.ts';
import { asPoolerError, PoolerError } from '../errors.ts';
import { insistOpenRight, type LeaseKeeper } from '../leases/lease-keeper.ts';
import { cancelServer } from '../server/cancel-server.ts';
import { endpointGucs } from '../server/endpoint-gucs.ts';
import { openFailure } from '../server/open-failure.ts';
import { openServer } from '../server/open-server.ts';
import { openForRole } from '../server/role-login.ts';
import { refusalError } from './refusal-error.ts';
import type { PoolOrigin, ServedEndpoint, ServedPool } from './served-endpoint.ts';
import { ServerConnection } from './server-connection.ts';

/** Cancel requests to one upstream at a time; a storm of them must not become a storm of connections. */
const cancelsInFlightMax = 32;
const cancelTimeoutMs = 5_000;

export interface PoolRunnerOptions {
  readonly policy: EgressPolicy;
  readonly serverConnectTimeoutMs: number;
  readonly now: () => number;
  readonly log: Logger;
  readonly leases: LeaseKeeper;
  /** An upstream refused a role's secret: the next login reads it again. */
  distrust(served: ServedEndpoint, role: string): void;
  /** Looks whether an endpoint's record has changed; afterwards `served` holds what came. */
  readAgain(served: ServedEndpoint): Promise<void>;
}

/** A pooled client's socket, as the runner needs it. */
export interface PooledClient {
  readonly connection: Connection;
  readonly served: ServedEndpoint;
  readonly role: string;
  /** It is over; called once, whoever ended it. */
  closed(reason: string): void;
}

/** The pooling core with sockets under it. */
export class PoolRunner implements Effects {
  readonly dispatcher: Dispatcher;
  readonly requests: RequestForwarder;
  readonly replies: ReplyForwarder;
  readonly clients = new Map<ClientSession, PooledClient>();
  private readonly servers = new Map<ServerSession, ServerConnection>();
  private readonly options: PoolRunnerOptions;
  private cancelsInFlight = 0;
  private readonly cancelsWaiting: {
    readonly server: ServerSession;
    readonly connection: ServerConnection;
  }[] = [];

  constructor(options: PoolRunnerOptions) {
    this.options = options;
    this.dispatcher = new Dispatcher(this);
    const allocate = (bytes: number): Uint8Array => Buffer.allocUnsafeSlow(bytes);
    this.requests = new RequestForwarder(this.dispatcher, allocate);
    this.replies = new ReplyForwarder(this.dispatcher, allocate);
  }

  openServer(server: ServerSession): void {
    const origin = originOf(server);
    origin.served.serverOpens++;
    this.open(server, origin).catch((error: unknown) => {
      const known = asPoolerError(error);
      this.options.log[known.logLevel](
        {
          endpoint: origin.served.endpoint.endpointId,
          role: origin.role,
          code: known.code,
          err: known.cause,
        },
        `server connection not opened: ${known.message}`,
      );
      origin.served.errors.add(known.code);
      if (known.code === 'SERVER_PASSWORD_REFUSED') this.options.distrust(origin.served, origin.role);
      this.dispatcher.serverFailed(server, openFailure(known), this.options.now());
    });
  }

  private async open(server: ServerSession, origin: PoolOrigin): Promise<void> {
    const { served, role, database, keyGucs } = origin;
    const { now } = this.options;
    const opened = await this.openForRole(served, role, (credential) =>
      openServer({
        endpointId: served.endpoint.endpointId,
        upstream: served.endpoint.upstream,
        database,
        credential,
        startupParameters: startupParameters(served, keyGucs, server.dedicatedTo?.startup.values ?? []),
        policy: this.options.policy,
        timeoutMs: this.options.serverConnectTimeoutMs,
        beforeStartup: () => insistOpenRight(served.upstream, now()),
      }),
    );
    const { processId } = opened;
    const lease = this.options.leases.of(served.upstream);
    lease?.serverOpened({ processId, role });
    const connection = new ServerConnection(opened, server, served, {
      replies: this.replies,
      requests: this.requests,
      now,
      gone: (ended) => {
        lease?.serverGone(processId);
        this.serverGone(ended, origin);
      },
    });
    this.servers.set(server, connection);
    this.dispatcher.serverOpened(server, valueSetOf(opened.parameterStatus), now());
    connection.start(opened.leftover);
  }

  /** Opens with what a client of the role proved last, or what the endpoint's record holds; rejects as `open` does. */
  async openForRole<T>(
    served: ServedEndpoint,
    role: string,
    open: (credential: ServerCredential) => Promise<T>,
  ): Promise<T> {
    const login = {
      role,
      proven: served.credentials.get(role) ?? null,
      endpoint: () => served.endpoint,
      readAgain: () => this.options.readAgain(served),
    };
    const { opened, credential } = await openForRole(login, open);
    // The next one begins with what has just opened, unless a client has proved something newer meanwhile.
    if (served.credentials.get(role) === login.proven) served.credentials.set(role, credential);
    return opened;
  }

  private serverGone(server: ServerSession, origin: PoolOrigin): void {
    this.servers.delete(server);
    this.dispatcher.serverGone(server, this.options.now());
    origin.served.serverCloses.add(server.closeReason ?? 'server-ended');
  }

  /** The upstream's lease allows more or less than before. */
  leaseChanged(upstream: Upstream): void {
    const nowMs = this.options.now();
    this.dispatcher.growth.shrink(upstream, nowMs);
    this.dispatcher.growth.growAll(upstream, nowMs);
  }

  closeServer(server: ServerSession, reason: ServerCloseReason): void {
    const connection = this.servers.get(server);
    if (connection === undefined) return;
    // Perhaps in the middle of a message, which a Terminate would become part of.
    const abrupt = reason === 'client-gone' || reason === 'killed';
    // A statement that nobody waits for any more would keep the slot until its end.
    if (abrupt && server.owed.length > 0) this.cancelServer(server);
    connection.end(abrupt);
  }

  cancelServer(server: ServerSession): void {
    const connection = this.servers.get(server);
    if (connection === undefined) return;
    // Bracketed from here on: one that waits for its turn must not be handed on either.
    this.dispatcher.cancelStarted(server);
    if (this.cancelsInFlight >= cancelsInFlightMax) this.cancelsWaiting.push({ server, connection });
    else void this.sendCancel(server, connection);
  }

  /**
   * Sends a client's cancel request for what `server` runs, unless too many are under way; the server is not handed on before the request's own connection is
   * over. Never rejects for a request that did not arrive: Postgres promises nothing either.
   */
  async cancel(server: ServerSession): Promise<void> {
    const connection = this.servers.get(server);
    if (connection === undefined || this.cancelsInFlight >= cancelsInFlightMax) return;
    this.dispatcher.cancelStarted(server);
    await this.sendCancel(server, connection);
  }

  private async sendCancel(server: ServerSession, connection: ServerConnection): Promise<void> {
    const { served } = originOf(server);
    this.cancelsInFlight++;
    try {
      await cancelServer({
        endpointId: served.endpoint.endpointId,
        upstream: served.endpoint.upstream,
        processId: connection.processId,
        secretKey: connection.secretKey,
        policy: this.options.policy,
        timeoutMs: cancelTimeoutMs,
      });
    } catch (error) {
      const known = asPoolerError(error);
      this.options.log.info(
        { endpoint: served.endpoint.endpointId, code: known.code },
        'cancel request not delivered',
      );
    } finally {
      this.cancelsInFlight--;
      this.dispatcher.cancelFinished(server, this.options.now());
      this.cancelNext();
    }
  }

  /** Weir's own requests are never dropped; those for servers that are gone meanwhile have nothing left to stop. */
  private cancelNext(): void {
    for (;;) {
      const next = this.cancelsWaiting.shift();
      if (next === undefined) return;
      if (this.servers.has(next.server)) return void this.sendCancel(next.server, next.connection);
      this.dispatcher.cancelFinished(next.server, this.options.now());
    }
  }

  refuse(client: ClientSession, refusal: Refusal): void {
    const pooled = this.clients.get(client);
    if (pooled === undefined) return;
    this.refuseWith(client, pooled, refusalError(refusal, pooled.served.endpoint));
  }

  /** Ends a client with an error that the core knows nothing of (drain, endpoint gone). */
  dismiss(client: ClientSession, error: PoolerError): void {
    const pooled = this.clients.get(client);
    if (pooled === undefined) return;
    this.dispatcher.clientEnded(client, 'terminate', this.options.now());
    this.refuseWith(client, pooled, error);
  }

  private refuseWith(client: ClientSession, pooled: PooledClient, error: PoolerError): void {
    this.clients.delete(client);
    refuse(pooled.connection, error);
    pooled.served.errors.add(error.code);
    this.options.log[error.logLevel](
      { endpoint: pooled.served.endpoint.endpointId, role: pooled.role, code: error.code, ...error.data },
      `client refused: ${error.message}`,
    );
    pooled.closed(error.code);
  }

  endClient(client: ClientSession): void {
    const pooled = this.clients.get(client);
    if (pooled === undefined) return;
    this.clients.delete(client);
    endSoon(pooled.connection);
    pooled.closed('server-ended');
  }

  queryTimeoutError(_client: ClientSession, ms: number): Uint8Array {
    return errorResponse(new PoolerError('QUERY_TIMEOUT', { seconds: ms / 1000 }).toFields());
  }

  circuitChanged(upstream: Upstream, circuit: Circuit): void {
    const cause = circuit.trouble === null ? null : asPoolerError(circuit.trouble.cause);
    const facts = { upstream: upstream.id, circuit: circuit.state, code: cause?.code };
    if (circuit.state === 'open')
      this.options.log.warn(facts, `server cannot be reached, one attempt at a time: ${cause?.message}`);
    else if (circuit.state === 'recovering')
      this.options.log.info(facts, 'server answers again, connections are opened a few at a time');
    else this.options.log.info(facts, 'server connections are opened as they are wanted again');
  }

  noticeWait(client: ClientSession, waitMs: number): void {
    const pooled = this.clients.get(client);
    if (pooled === undefined) return;
    const seconds = Math.round(waitMs / 1000);
    const { upstream, waiters, paused, circuit } = client.pool;
    const held = paused ? `Its operator has paused endpoint "${pooled.served.endpoint.endpointId}"; ` : '';
    const trouble = circuit.present === null ? '' : `${asPoolerError(circuit.present.cause).message}; `;
    pooled.connection.write(
      noticeResponse({
        severity: 'NOTICE',
        severityNonLocalized: 'NOTICE',
        code: '00000',
        message: `waiting for a server connection for ${seconds} s`,
        detail: `${held}${trouble}${upstream.used} of ${upstream.budget} server connections are in use, ${waiters.length} clients of this pool wait.`,
      }),
    );
  }
}

function originOf(server: ServerSession): PoolOrigin {
  return (server.pool as ServedPool).origin;
}

/** Weir ends idle sessions itself: a pooled server must not be ended under the next client. Known from Postgres 14 on. */
function startupParameters(
  served: ServedEndpoint,
  keyGucs: ReadonlyMap<string, string>,
  ownGucs: Iterable<readonly [name: string, value: string]>,
): Map<string, string> {
  const parameters = new Map([...keyGucs, ...ownGucs, ...endpointGucs(served.endpoint)]);
  if (Number.parseInt(served.endpoint.upstream.serverVersion, 10) >= 14)
    parameters.set('idle_session_timeout', '0');
  return parameters;
}
