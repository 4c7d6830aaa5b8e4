// A client of the direct host: logged in upstream in its own name, then relayed byte by byte, counted in the budget.
import type { Connection, EgressPolicy } from '@weir/net';
import { backendKeyData, joinBytes, parameterStatus, readyForQuery } from '@weir/protocol';
import { ordersFor, settingsFor } from '@weir/tenancy';
import type { CancelKeys } from '../cancel/cancel-keys.ts';
import type { StartupParameters } from '../client/startup-parameters.ts';
import { PoolerError } from '../errors.ts';
import { insistOpenRight, type LeaseKeeper } from '../leases/lease-keeper.ts';
import type { PoolRunner } from '../pools/pool-runner.ts';
import type { ServedEndpoint } from '../pools/served-endpoint.ts';
import { cancelServer } from '../server/cancel-server.ts';
import { type OpenedServer, openServer } from '../server/open-server.ts';
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
  await takeSlot(login, deps);
  let opened: OpenedServer;
  try {
    opened = await open(login, deps);
  } catch (error) {
    deps.runner.dispatcher.growth.directGone(upstream, deps.now());
    throw error;
  }
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

function takeSlot(login: DirectLogin, deps: ServeDirectDeps): Promise<void> {
  const { served, role, startup } = login;
  const { upstream, endpoint } = served;
  const timeoutMs = settingsFor(endpoint.settings, role, startup.database).queryWaitTimeoutMs;
  const isPaused = (): boolean => ordersFor(served.endpoint.orders, role, startup.database).paused;
  return new Promise((resolve, reject) => {
    let settled = false;
    const granted = (slot: boolean): void => {
      if (settled) {
        if (slot) deps.runner.dispatcher.growth.directGone(upstream, deps.now());
        return;
      }
      settled = true;
      if (slot) resolve();
      else {
        const seconds = Math.round(timeoutMs / 1000);
        if (isPaused())
          return reject(new PoolerError('POOL_PAUSED', { endpoint: endpoint.endpointId, seconds }));
        if (!upstream.hasOpenRight(deps.now()))
          return reject(new PoolerError('LEASES_UNAVAILABLE', { seconds }));
        reject(
          new PoolerError(
            'BUDGET_EXHAUSTED',
            { tenant: endpoint.tenantName, budget: upstream.budget, seconds },
            {
              detail: `${upstream.used} of ${upstream.budget} server connections are in use here; direct and pinned ones may hold ${upstream.heldMax}, and hold ${upstream.holding} everywhere.`,
            },
          ),
        );
      }
    };
    const { growth } = deps.runner.dispatcher;
    const withdraw = growth.requestDirect(upstream, timeoutMs, isPaused, granted, deps.now());
    login.whenGone(() => {
      if (settled) return;
      settled = true;
      withdraw();
      reject(new PoolerError('CLIENT_GONE'));
    });
  });
}

function open(login: DirectLogin, deps: ServeDirectDeps): Promise<OpenedServer> {
  const { served, role, startup } = login;
  return deps.runner.openForRole(served, role, (credential) =>
    openServer({
      endpointId: served.endpoint.endpointId,
      upstream: served.endpoint.upstream,
      database: startup.database,
      credential,
      startupParameters: new Map([...startup.keyGucs, ...startup.replayGucs]),
      replication: startup.replication,
      policy: deps.policy,
      timeoutMs: deps.serverConnectTimeoutMs,
      beforeStartup: () => insistOpenRight(served.upstream, deps.now()),
    }),
  );
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
