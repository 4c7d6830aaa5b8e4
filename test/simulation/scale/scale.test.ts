// What holds at any scale: no budget is passed, everybody is served or refused by the deadline, and no client is lost.
import { expect, test } from 'vitest';
import { Random } from '../random.ts';
import type { RedisCost } from './model-redis.ts';
import { defaultOptions, type ScaleOptions } from './options.ts';
import { simulate } from './simulate.ts';
import { clientsByRank } from './tenant-sizes.ts';

const seed = Number(process.env.WEIR_SEED ?? Date.now() % 1_000_000);

/** Not measured here, since nothing that is looked at depends on it; what it was on one machine. */
const cost: RedisCost = {
  requestUs: 18,
  holderUs: 5,
  noteUs: 5,
  subscriberUs: 2,
  requestBytes: 490,
  answerBytes: 94,
  holderBytes: 69,
  noteBytes: 122,
};

const small: ScaleOptions = {
  ...defaultOptions,
  tenants: 1_000,
  clients: 1_500,
  cells: 2,
  nodes: 3,
  processes: 2,
  thinkSeconds: 0.1,
  warmUpSeconds: 3,
  seconds: 5,
  lossSeconds: 8,
  seed,
};

// The simulation itself throws, with the tenant, where a budget is passed, a client is lost or a waiter is forgotten.
test(`a small installation loses a node and a Redis, and nobody is forgotten (seed ${seed})`, () => {
  const { calm, cells } = simulate(small, cost);
  expect(cells.reduce((sum, { clients }) => sum + clients, 0)).toBe(small.clients);
  expect(calm.transactions).toBeGreaterThan(small.seconds * 50);
  expect(calm.unanswered).toBe(0);
  const { nodeLost, redisLost } = cells[0]!;
  expect(nodeLost!.clientsHit).toBeGreaterThan(0);
  expect(nodeLost!.figures.connects).toBeGreaterThanOrEqual(nodeLost!.clientsHit);
  expect(redisLost!.figures.unanswered).toBeGreaterThan(0);
});

test('a Redis that is asked more than it can do is found out', () => {
  const slow = { ...cost, requestUs: 5_000 };
  const { calm } = simulate({ ...small, lossSeconds: 0 }, slow, 1);
  expect(calm.unanswered).toBeGreaterThan(0);
});

test('all clients are shared out, the largest tenant has the most, and none has more than an endpoint may', () => {
  const counts = clientsByRank(10_000, 100_000, 1, new Random(seed));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100_000);
  expect(Math.max(...counts)).toBe(counts[0]);
  expect(counts[0]).toBeLessThanOrEqual(10_000);
});
