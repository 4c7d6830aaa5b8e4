// The pooling core under thousands of simulated clients: every reply is the client's own, and no rule is ever broken.
import { expect, test } from 'vitest';
import { ModelClient } from './model-client.ts';
import { World, type WorldOptions } from './world.ts';

/** Simulated time after which a run is over, whoever still waits. */
const longestMs = 600_000;

const seedGiven = process.env.WEIR_SEED;

/** The short form that every test run includes; `pnpm sim` asks for thousands. */
const clientCount = Number(process.env.WEIR_SIM_CLIENTS ?? 60);

interface RunOptions extends Omit<WorldOptions, 'seed'> {
  readonly clients: number;
  readonly batches: number;
  readonly loss: number;
  /** Clients arrive within this time. */
  readonly arrivalMs: number;
}

function run(seed: number, options: RunOptions) {
  const world = new World({ ...options, seed });
  const { clock, random } = world;
  const clients: ModelClient[] = [];
  let steps = 0;
  try {
    for (let i = 0; i < options.clients; i++) {
      clock.after(random.next() * options.arrivalMs, () => {
        const name = `c${i}`;
        const client = new ModelClient({
          name,
          clock,
          random,
          batches: options.batches,
          loss: options.loss,
          // A Terminate is on its way through the pooler; a lost socket is seen at once.
          done: (how) => {
            if (how === 'lost') world.lose(session);
            else clock.after(1_000, () => world.clients.delete(session));
          },
        });
        clients.push(client);
        const session = world.join(client, random.pick(world.pools), name);
      });
    }
    while (clock.step()) {
      steps++;
      // Every step while small, then often enough: a broken rule stays broken.
      // A client that nobody serves would keep the sweep going for ever.
      if (clock.nowMs > longestMs) break;
      if (steps < 20_000 || steps % 50 === 0) world.check();
    }
    world.check();
  } catch (error) {
    throw new Error(`seed=${seed} step=${steps}: ${(error as Error).message}`, { cause: error });
  }
  const count = (state: ModelClient['state']) => clients.filter((client) => client.state === state).length;
  return { world, steps, finished: count('finished'), lost: count('lost'), refused: count('refused'), running: count('running') };
}

const seeds = seedGiven === undefined ? [1, 2, 3] : [Number(seedGiven)];

test.each(seeds)('clients on a budget of ten each get exactly their own replies (seed=%i)', (seed) => {
  const result = run(seed, {
    budget: 10,
    pools: 3,
    openFailures: 0.05,
    queryWaitTimeoutMs: 1e9,
    clients: clientCount,
    batches: 12,
    loss: 0.01,
    arrivalMs: 200,
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
