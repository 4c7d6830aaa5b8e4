// A client of the direct host: logged in upstream in its own name, then relayed byte by byte, counted in the budget.
import type { Connection, EgressPolicy } from '@weir/net';
import { backendKeyData, joinBytes, parameterStatus, readyForQuery } from '@weir/protocol';
import type { CancelKeys } from '../cancel/cancel-keys.ts';
import type { StartupParameters } from '../client/startup-parameters.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { PoolRunner } from '../pools/pool-runner.ts';
import type { ServedEndpoint } from '../pools/served-endpoint.ts';
import { cancelServer } from '../server/cancel-server.ts';
import type { OpenedServer } from '../server/open-server.ts';
import { openDirect } from './open-direct.ts';
import { type DirectPair, relay } from './relay.ts';

/** A client that has logged in for the direct host. */
export interface DirectLogin {
  readonly connection: Connection;
  readonly minor: 0 | 2;
  readonly served: ServedEndpoint;
  readonly role: string;
  readonly startup: StartupParameters;
  /** Bytes read behind the login, taken when the relay begins. */
  detach(): Uint8Array;
  /** Calls back once if the client leaves before the relay begins. */
  whenGone(listener: () => void): void;
}

export interface ServeDirectDeps {
  readonly runner: PoolRunner;
  readonly leases: LeaseKeeper;
  readonly cancelKeys: CancelKeys;
  readonly policy: EgressPolicy;
  readonly serverConnectTimeoutMs: number;
  readonly now: () => number;
}

const cancelTimeoutMs = 5_000;

/**
 * Waits for a slot, opens the server connection, greets the client and relays until either side ends. Resolves with
 * the close reason when both are gone; rejects with PoolerError while the client has not been greeted.
 */
export async function serveDirect(
  login: DirectLogin,
  deps: ServeDirectDeps,
  pairs: Set<DirectPair>,
): Promise<string> {
  const { served } = login;
  const { upstream } = served;
  const opened = await openDirect(login, deps);
  served.serverOpens++;
  served.directActive++;
  const lease = deps.leases.of(upstream);
  lease?.serverOpened({ processId: opened.processId, role: login.role });
  try {
    return await greetAndRelay(login, opened, deps, pairs);
  } finally {
    served.directActive--;
    lease?.serverGone(opened.processId);
    served.serverCloses.add('server-ended');
    deps.runner.dispatcher.growth.directGone(upstream, deps.now());
  }
}

async function greetAndRelay(
  login: DirectLogin,
  opened: OpenedServer,
  deps: ServeDirectDeps,
  pairs: Set<DirectPair>,
): Promise<string> {
  const { connection, served } = login;
  const cancel = () =>
    cancelServer({
      endpointId: served.endpoint.endpointId,
      upstream: served.endpoint.upstream,
      processId: opened.processId,
      secretKey: opened.secretKey,
      policy: deps.policy,
      timeoutMs: cancelTimeoutMs,
    }).catch(() => {});
  const key = deps.cancelKeys.give(login.minor, cancel);
  const parameters = [...opened.parameterStatus].map(([name, value]) => parameterStatus(name, value));
  const greeting = joinBytes([
    ...parameters,
    backendKeyData(key.processId, key.secretKey),
    readyForQuery('I'),
    opened.leftover,
  ]);
  const leftover = login.detach();
  const { role, startup } = login;
  const whose = { served, role, database: startup.database, cancel };
  const ended = relay(connection, opened.connection, whose, pairs);
  connection.write(greeting);
  if (leftover.length > 0) opened.connection.write(leftover);
  connection.resume();
  opened.connection.resume();
  try {
    return await ended;
  } finally {
    deps.cancelKeys.take(key);
  }
}
