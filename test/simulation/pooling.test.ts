// The pooling core under thousands of simulated clients: every reply is the client's own, and no rule is ever broken.
import { loadSqlParser } from '@weir/pooling';
import { beforeAll, expect, test } from 'vitest';
import { run } from './run.ts';

beforeAll(() => loadSqlParser());

const seedGiven = process.env.WEIR_SEED;

/** The short form that every test run includes; `pnpm sim` asks for thousands. */
const clientCount = Number(process.env.WEIR_SIM_CLIENTS ?? 60);

// One is new each time; the titles of the tests tell which.
const seeds = seedGiven === undefined ? [1, 2, 3, Date.now() % 1_000_000] : [Number(seedGiven)];

function refusalKinds({ world }: ReturnType<typeof run>): string[] {
  return world.refusals.map(({ refusal }) => refusal.kind);
}

/** Clients that arrive within a fifth of a second, servers that now and then fail to open, no deadline. */
const usual = { openFailures: 0.05, queryWaitTimeoutMs: 1e9, batches: 12, loss: 0.01, arrivalMs: 200 };

test.each(seeds)('clients on a budget of ten each get exactly their own replies (seed=%i)', (seed) => {
  const result = run(seed, {
    budget: 10,
    pools: 3,
    ...usual,
    clients: clientCount,
  });
  const pinRefusals = result.world.refusals.filter(({ refusal }) => refusal.kind === 'pin-limit').length;
  expect(result.running, `seed=${seed}`).toBe(0);
  expect(result.refused, `seed=${seed}`).toBe(pinRefusals);
  expect(result.finished + result.lost + result.refused).toBe(clientCount);
  expect(result.world.liveMost).toBeLessThanOrEqual(10);
  expect(result.world.checkouts).toBeGreaterThan(clientCount);
  // When everybody has gone, nothing is left behind.
  expect(result.world.upstream.used).toBe(0);
  expect(result.world.pools.map((pool) => pool.statements.size)).toEqual([0, 0, 0]);
});

test.each(seeds)('a budget of one serves several pools in turn (seed=%i)', (seed) => {
  const result = run(seed, {
    budget: 1,
    pools: 4,
    openFailures: 0.02,
    queryWaitTimeoutMs: 1e9,
    clients: Math.ceil(clientCount / 10),
    batches: 6,
    loss: 0.02,
    arrivalMs: 100,
  });
  expect(result.running, `seed=${seed}`).toBe(0);
  expect(result.world.liveMost).toBe(1);
});

test.each(seeds)('with a deadline every client is served or refused in time (seed=%i)', (seed) => {
  const result = run(seed, {
    budget: 2,
    pools: 2,
    openFailures: 0.3,
    queryWaitTimeoutMs: 300,
    clients: Math.ceil(clientCount / 4),
    batches: 5,
    loss: 0.01,
    arrivalMs: 50,
  });
  expect(result.running, `seed=${seed}`).toBe(0);
  expect(result.finished + result.lost + result.refused).toBe(Math.ceil(clientCount / 4));
});

test.each(seeds)(
  'pauses and renewals disturb nobody, and whom a kill ends leaves nothing (seed=%i)',
  (seed) => {
    const result = run(seed, { budget: 6, pools: 3, ...usual, clients: clientCount, orders: 0.2 });
    const kinds = refusalKinds(result);
    expect(result.running, `seed=${seed}`).toBe(0);
    // The listener's server is one of those that a kill ends.
    const known = ['killed', 'pin-limit', 'listener-lost'];
    expect(kinds.filter((kind) => !known.includes(kind))).toEqual([]);
    expect(result.world.liveMost).toBeLessThanOrEqual(6);
    expect(result.world.upstream.used).toBe(0);
    expect(result.world.pools.map((pool) => pool.statements.size)).toEqual([0, 0, 0]);
  },
);

test.each(seeds)(
  'a server that goes away now and then is asked gently, and only work under way is lost (seed=%i)',
  (seed) => {
    const result = run(seed, { budget: 8, pools: 4, ...usual, clients: clientCount, outages: 0.05 });
    const known = ['server-lost', 'pin-limit', 'listener-lost'];
    expect(refusalKinds(result).filter((kind) => !known.includes(kind))).toEqual([]);
    expect(result.running, `seed=${seed}`).toBe(0);
    expect(result.world.outagesSeen).toBeGreaterThan(0);
    expect(result.world.upstream.used).toBe(0);
  },
);

test.each(seeds)('short limits of time end some clients and leave nothing behind (seed=%i)', (seed) => {
  const count = clientCount;
  const result = run(seed, {
    budget: 5,
    pools: 2,
    ...usual,
    clients: count,
    settings: {
      clientIdleTimeoutMs: 30,
      idleInTransactionTimeoutMs: 15,
      transactionTimeoutMs: 150,
      pinIdleTimeoutMs: 10,
    },
  });
  const limits = new Set(
    result.world.refusals.map(({ refusal }) =>
      refusal.kind === 'time-limit' ? refusal.limit : refusal.kind,
    ),
  );
  expect(limits, `seed=${seed}`).toContain('idle-in-transaction');
  expect(result.running).toBe(0);
  expect(result.finished).toBeGreaterThan(0);
  expect(result.finished + result.lost + result.refused).toBe(count);
  expect(result.world.upstream.used).toBe(0);
  expect(result.world.pools.map((pool) => pool.statements.size)).toEqual([0, 0]);
});

test.each(seeds)(
  'who listens hears all of it once and in order, by one connection for all (seed=%i)',
  (seed) => {
    const result = run(seed, { budget: 6, pools: 2, ...usual, clients: clientCount, talk: 0.5 });
    expect(result.running, `seed=${seed}`).toBe(0);
    expect(
      refusalKinds(result).filter((kind) => kind !== 'pin-limit'),
      `seed=${seed}`,
    ).toEqual([]);
    expect(result.finished).toBeGreaterThan(clientCount / 2);
    expect(result.world.notifications.log.length).toBeGreaterThan(clientCount);
    expect(result.world.upstream.used).toBe(0);
  },
);

test.each(seeds)(
  'who listened when that connection was lost is told so, and nobody else (seed=%i)',
  (seed) => {
    const result = run(seed, {
      budget: 6,
      pools: 2,
      ...usual,
      clients: clientCount,
      talk: 0.5,
      listenerLoss: 0.1,
    });
    expect(result.running, `seed=${seed}`).toBe(0);
    expect(refusalKinds(result), `seed=${seed}`).toContain('listener-lost');
    for (const { client, refusal } of result.world.refusals) {
      if (refusal.kind === 'listener-lost') expect(client.hasListened, `seed=${seed}`).toBe(true);
      else expect(refusal.kind, `seed=${seed}`).toBe('pin-limit');
    }
    expect(result.world.upstream.used).toBe(0);
  },
);

test.each(seeds)('in session mode every client has one server connection to itself (seed=%i)', (seed) => {
  const result = run(seed, {
    budget: 6,
    pools: 2,
    ...usual,
    clients: clientCount,
    settings: { mode: 'session', sizeMax: 3 },
  });
  expect(result.running, `seed=${seed}`).toBe(0);
  expect(result.finished + result.lost).toBe(clientCount);
  expect(result.world.liveMost).toBeLessThanOrEqual(6);
  expect(result.world.sharedSeen).toBe(0);
});

test.each(seeds)(
  'servers that pools keep open ahead of demand take nothing from those who wait (seed=%i)',
  (seed) => {
    const result = run(seed, {
      budget: 6,
      pools: 4,
      ...usual,
      clients: clientCount,
      // Not so many at a time that there is never a slot to spare.
      arrivalMs: 50 * clientCount,
      orders: 0.05,
      outages: 0.02,
      settings: { sizeMin: 3 },
    });
    const known = ['killed', 'server-lost', 'pin-limit', 'listener-lost'];
    expect(refusalKinds(result).filter((kind) => !known.includes(kind))).toEqual([]);
    expect(result.running, `seed=${seed}`).toBe(0);
    expect(result.world.aheadSeen, `seed=${seed}`).toBeGreaterThan(0);
    expect(result.world.liveMost).toBeLessThanOrEqual(6);
    // Who keeps servers for clients that may come back keeps them for no longer than servers may be idle.
    expect(result.world.upstream.used).toBe(0);
  },
);
