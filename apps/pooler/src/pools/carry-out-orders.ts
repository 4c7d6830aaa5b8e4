// What operators have ordered of an endpoint, done to its pools and clients here when a newer record says so.
import { DrainPace, killPool, pausePool, reconnectPool, resumePool } from '@weir/pooling';
import { ordersFor, type PublishedEndpoint } from '@weir/tenancy';
import type { DirectPair } from '../direct/relay.ts';
import { PoolerError } from '../errors.ts';
import type { PoolRunner } from './pool-runner.ts';
import type { ServedEndpoint } from './served-endpoint.ts';

export interface OrderDeps {
  readonly runner: PoolRunner;
  readonly directPairs: ReadonlySet<DirectPair>;
  readonly now: () => number;
}

/**
 * `before` was served until now. Each order names the generation that it came with, so that one that this process has
 * slept through is carried out when it wakes, and none twice.
 */
export function carryOutOrders(served: ServedEndpoint, before: PublishedEndpoint, deps: OrderDeps): void {
  const { runner, directPairs } = deps;
  const { dispatcher } = runner;
  const { orders, endpointId } = served.endpoint;
  const now = deps.now();
  for (const pool of served.pools.values()) {
    const { role, database } = pool.origin;
    const { paused, reconnectedIn, killedIn } = ordersFor(orders, role, database);
    if (killedIn > before.generation) killPool(dispatcher, pool, runner.clients.keys(), now);
    if (reconnectedIn > before.generation) reconnectPool(dispatcher, pool, now);
    if (paused) pausePool(dispatcher, pool, now);
    else resumePool(dispatcher, pool, now);
  }
  for (const pair of [...directPairs]) {
    if (pair.served !== served) continue;
    const { killedIn } = ordersFor(orders, pair.role, pair.database);
    if (killedIn > before.generation) pair.kill(new PoolerError('KILLED', { endpoint: endpointId }));
  }
  // Direct ones that waited for a slot while they were held.
  dispatcher.growth.grantDirect(served.upstream, now);
  const { draining } = orders;
  if (draining === null) served.drain = null;
  else if (draining.overMs !== before.orders.draining?.overMs)
    served.drain = new DrainPace(draining.overMs, now);
}

/** The next clients of an endpoint that is being drained go; called with each sweep. */
export function drainFurther(served: ServedEndpoint, { runner, now }: OrderDeps): void {
  if (served.drain === null) return;
  const own = [...runner.clients].filter(([, client]) => client.served === served);
  const { endpointId } = served.endpoint;
  for (const client of served.drain.next(
    own.map(([session]) => session),
    now(),
  ))
    runner.dismiss(client, new PoolerError('ENDPOINT_DRAINED', { endpoint: endpointId }));
}
