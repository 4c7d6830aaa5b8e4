// A pooled client from its greeting to its end: its socket's events go to the pooling core, its end is seen once.
import type { Connection } from '@weir/net';
import { ClientSession, noValues, valueSetOf } from '@weir/pooling';
import { errorResponse } from '@weir/protocol';
import type { Logger } from '@weir/telemetry';
import type { CancelKeys } from '../cancel/cancel-keys.ts';
import { PoolerError } from '../errors.ts';
import type { PoolRunner } from '../pools/pool-runner.ts';
import type { ServedEndpoint } from '../pools/served-endpoint.ts';
import { greet, knownGreeting } from './greet.ts';
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
  /** Called once, when the client is gone. */
  closed(): void;
}

export interface ServeDeps {
  readonly runner: PoolRunner;
  readonly cancelKeys: CancelKeys;
  readonly now: () => number;
  readonly log: Logger;
}

/** Joins the client to its pool; returns at once. */
export function serve(login: PooledLogin, deps: ServeDeps): void {
  const { connection, served, role, startup } = login;
  const { runner, cancelKeys, now, log } = deps;
  const { pool, replayed } = served.poolFor(role, startup.database, startup.keyGucs);
  const replay = valueSetOf(new Map([...replayed, ...startup.replayGucs]));
  const told = knownGreeting(pool, replay);
  const session = new ClientSession({ peer: connection, pool, replay, told: told ?? noValues });
  const key = cancelKeys.give(login.minor, () => cancel(session, deps));
  let over = false;
  const closed = (reason: string): void => {
    if (over) return;
    over = true;
    cancelKeys.take(key);
    served.clientCloses.add(reason);
    const { checkouts, serverChanges, pinReasons } = session;
    log.debug(
      {
        endpoint: served.endpoint.endpointId,
        role,
        database: startup.database,
        application: startup.replayGucs.get('application_name') ?? '',
        reason,
        checkouts,
        serverChanges,
        pins: pinReasons,
      },
      'client ended',
    );
    login.closed();
  };
  runner.clients.set(session, { connection, served, role, closed });
  runner.dispatcher.clientStarted(session, now());

  const leave = (how: 'terminate' | 'lost'): void => {
    runner.clients.delete(session);
    runner.dispatcher.clientEnded(session, how, now());
    closed(how);
  };
  connection.handler = {
    onData(bytes, length) {
      served.bytesFromClients += length;
      runner.requests.clientData(session, bytes, length, now());
      if (session.state === 'ended' && !over) {
        // It said Terminate.
        runner.clients.delete(session);
        closed('terminate');
        connection.end();
      }
    },
    onDrain: () => runner.requests.clientDrained(session, now()),
    onEnd() {
      leave('lost');
      connection.destroy();
    },
    onClose: () => leave('lost'),
  };
  greet(session, told, key, runner, now);
  if (over) return;
  if (login.leftover.length > 0) connection.handler.onData(login.leftover, login.leftover.length);
  connection.resume();
}

const canceledFrame = errorResponse(new PoolerError('QUERY_CANCELED').toFields());

/** Stops what the client runs or waits for; a client that is owed nothing is left alone. */
async function cancel(session: ClientSession, deps: ServeDeps): Promise<void> {
  const { runner, now } = deps;
  if (session.state === 'waiting') {
    runner.requests.cancelWaiting(session, canceledFrame, now());
    return;
  }
  const server = session.server;
  if (server === null || server.replaying || server.owed.length === 0) return;
  await runner.cancel(server);
}
