// What operators have ordered for an endpoint and its pools: pause, reconnect, kill, drain, and how orders add up. Pure.

/** Orders for the pools of a role, a database, or both; null stands for every one. */
export interface PoolOrders {
  readonly role: string | null;
  readonly database: string | null;
  /** ISO 8601 time of the pause; null: not paused. */
  readonly pausedAt: string | null;
  /** Generation of the endpoint that ordered it last; 0: never, or an order for more pools came after it. */
  readonly reconnectedIn: number;
  readonly killedIn: number;
}

/** All that stands. It is state and no message: whoever was away reads it and does what is left to do. */
export interface EndpointOrders {
  readonly pools: readonly PoolOrders[];
  /** Not null: no new clients, and those that are there are ended over so many ms, as they are in no transaction. */
  readonly draining: { readonly since: string; readonly overMs: number } | null;
}

export const noOrders: EndpointOrders = { pools: [], draining: null };

/** Most entries of an endpoint: each is looked at whenever a pool is made, and stands in every published record. */
export const ordersMax = 64;

/** Which pools are meant. */
export interface PoolScope {
  readonly role: string | null;
  readonly database: string | null;
}

export type Order =
  | (PoolScope & { readonly kind: 'pause' | 'resume' | 'reconnect' | 'kill' })
  | { readonly kind: 'drain'; readonly overMs: number };

/** `paused-wider`: a pause for more than is to be resumed stands. `too-many`: `ordersMax` pauses stand. */
export type OrderRefusal = 'paused-wider' | 'too-many';

/** Adds an order that is published as `generation` and was given at the time `at` (ISO 8601). */
export function giveOrder(
  orders: EndpointOrders,
  order: Order,
  generation: number,
  at: string,
): EndpointOrders | OrderRefusal {
  if (order.kind === 'drain') {
    return { ...orders, draining: { since: orders.draining?.since ?? at, overMs: order.overMs } };
  }
  if (order.kind === 'resume') {
    const wider = orders.pools.some(
      (one) => one.pausedAt !== null && covers(one, order) && !covers(order, one),
    );
    if (wider) return 'paused-wider';
    const all = order.role === null && order.database === null;
    return {
      pools: kept(change(orders.pools, order, (one) => ({ ...one, pausedAt: null }))),
      draining: all ? null : orders.draining,
    };
  }
  const { kind, role, database } = order;
  const known = orders.pools.find((one) => one.role === role && one.database === database);
  const own = known ?? { role, database, pausedAt: null, reconnectedIn: 0, killedIn: 0 };
  const others = orders.pools.filter((one) => one !== known);
  switch (kind) {
    case 'pause':
      return bounded(orders, [...others, { ...own, pausedAt: own.pausedAt ?? at }]);
    case 'reconnect': {
      const narrower = change(others, order, (one) => ({ ...one, reconnectedIn: 0 }));
      return bounded(orders, kept([...narrower, { ...own, reconnectedIn: generation }]));
    }
    case 'kill': {
      const narrower = change(others, order, (one) => ({ ...one, killedIn: 0 }));
      return bounded(orders, kept([...narrower, { ...own, killedIn: generation }]));
    }
  }
}

/** What stands for the pools of a role in a database. */
export function ordersFor(
  { pools }: EndpointOrders,
  role: string,
  database: string,
): { readonly paused: boolean; readonly reconnectedIn: number; readonly killedIn: number } {
  const own = pools.filter((one) => covers(one, { role, database }));
  return {
    paused: own.some((one) => one.pausedAt !== null),
    reconnectedIn: Math.max(0, ...own.map((one) => one.reconnectedIn)),
    killedIn: Math.max(0, ...own.map((one) => one.killedIn)),
  };
}

/** Every pool of `narrow` is one of `wide`. */
function covers(wide: PoolScope, narrow: PoolScope): boolean {
  return (
    (wide.role === null || wide.role === narrow.role) &&
    (wide.database === null || wide.database === narrow.database)
  );
}

function change(
  pools: readonly PoolOrders[],
  scope: PoolScope,
  to: (one: PoolOrders) => PoolOrders,
): PoolOrders[] {
  return pools.map((one) => (covers(scope, one) ? to(one) : one));
}

function kept(pools: readonly PoolOrders[]): PoolOrders[] {
  return pools.filter((one) => one.pausedAt !== null || one.reconnectedIn > 0 || one.killedIn > 0);
}

/** Forgets the oldest orders that are done long since; pauses are never forgotten. */
function bounded(orders: EndpointOrders, pools: readonly PoolOrders[]): EndpointOrders | OrderRefusal {
  const left = [...pools];
  while (left.length > ordersMax) {
    // The last is the one that was just given.
    const done = left.slice(0, -1).filter((one) => one.pausedAt === null);
    const oldest = done.sort((one, other) => givenIn(one) - givenIn(other))[0];
    if (oldest === undefined) return 'too-many';
    left.splice(left.indexOf(oldest), 1);
  }
  return { ...orders, pools: left };
}

function givenIn(one: PoolOrders): number {
  return Math.max(one.reconnectedIn, one.killedIn);
}
