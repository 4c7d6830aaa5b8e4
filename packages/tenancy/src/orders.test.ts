// How orders of operators add up, and which of them hold for a pool.
import { expect, test } from 'vitest';
import { type EndpointOrders, giveOrder, noOrders, type Order, ordersFor, ordersMax } from './orders.ts';

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-02T00:00:00.000Z';

/** Orders given one after the other, from generation 2 on. */
function given(...all: Order[]): EndpointOrders {
  return all.reduce<EndpointOrders>((orders, order, index) => {
    const next = giveOrder(orders, order, index + 2, at);
    if (typeof next === 'string') throw new Error(next);
    return next;
  }, noOrders);
}

test('an order holds for the pools of its role and database, and for no others', () => {
  const orders = given(
    { kind: 'pause', role: 'app', database: null },
    { kind: 'reconnect', role: null, database: 'shop' },
    { kind: 'kill', role: 'app', database: 'shop' },
  );
  expect(ordersFor(orders, 'app', 'shop')).toEqual({ paused: true, reconnectedIn: 3, killedIn: 4 });
  expect(ordersFor(orders, 'app', 'other')).toEqual({ paused: true, reconnectedIn: 0, killedIn: 0 });
  expect(ordersFor(orders, 'reports', 'shop')).toEqual({ paused: false, reconnectedIn: 3, killedIn: 0 });
});

test('a second pause keeps the time of the first', () => {
  const once = given({ kind: 'pause', role: null, database: null });
  expect(giveOrder(once, { kind: 'pause', role: null, database: null }, 3, later)).toEqual(once);
});

test('a resume lifts every pause within what it names, and none of a wider one', () => {
  const orders = given(
    { kind: 'pause', role: 'app', database: 'shop' },
    { kind: 'pause', role: 'reports', database: null },
  );
  const resumed = giveOrder(orders, { kind: 'resume', role: null, database: 'shop' }, 4, later);
  expect(resumed).toEqual(
    given({ kind: 'resume', role: null, database: null }, { kind: 'pause', role: 'reports', database: null }),
  );
  expect(giveOrder(orders, { kind: 'resume', role: 'reports', database: 'shop' }, 4, later)).toBe(
    'paused-wider',
  );
  expect(giveOrder(orders, { kind: 'resume', role: null, database: null }, 4, later)).toEqual(noOrders);
});

test('a wider order replaces the narrower ones of its kind and no pause', () => {
  const orders = given(
    { kind: 'reconnect', role: 'app', database: 'shop' },
    { kind: 'pause', role: 'app', database: 'other' },
    { kind: 'kill', role: 'app', database: 'other' },
    { kind: 'reconnect', role: null, database: null },
  );
  expect(orders.pools.map(({ role, database }) => [role, database])).toEqual([
    ['app', 'other'],
    [null, null],
  ]);
  expect(ordersFor(orders, 'app', 'other')).toEqual({ paused: true, reconnectedIn: 5, killedIn: 4 });
});

test('a drain is taken back by a resume of the whole endpoint only, and keeps its beginning', () => {
  const draining = given({ kind: 'drain', overMs: 1_000 });
  expect(giveOrder(draining, { kind: 'drain', overMs: 5_000 }, 3, later)).toEqual({
    pools: [],
    draining: { since: at, overMs: 5_000 },
  });
  expect(giveOrder(draining, { kind: 'resume', role: 'app', database: null }, 3, later)).toEqual(draining);
  expect(giveOrder(draining, { kind: 'resume', role: null, database: null }, 3, later)).toEqual(noOrders);
});

test('orders are bounded: the oldest that are done are forgotten, pauses are refused beyond the bound', () => {
  const kills = Array.from(
    { length: ordersMax + 5 },
    (_, i): Order => ({ kind: 'kill', role: `r${i}`, database: null }),
  );
  const orders = given(...kills);
  expect(orders.pools).toHaveLength(ordersMax);
  expect(orders.pools[0]!.role).toBe('r5');
  const pauses = Array.from(
    { length: ordersMax },
    (_, i): Order => ({ kind: 'pause', role: `r${i}`, database: null }),
  );
  expect(giveOrder(given(...pauses), { kind: 'pause', role: 'x', database: null }, 99, at)).toBe('too-many');
  expect(giveOrder(given(...pauses), { kind: 'kill', role: null, database: null }, 99, at)).toBe('too-many');
});
