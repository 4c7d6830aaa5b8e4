// The plan of a storm: the same for the same seed, all that it promises of each kind of fault, and budgets over the whole range.
import { expect, test } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { drawBudgets, faultKinds, isCut, planStorm, shareClients } from './plan.ts';

const shape = { seconds: 600, everyMs: 5_000, nodes: 3, places: 2, forMsMin: 2_000, forMsMax: 20_000 };

test('a seed gives the same plan again, and another one another', () => {
  expect(planStorm(seededRandom(7), shape)).toEqual(planStorm(seededRandom(7), shape));
  expect(planStorm(seededRandom(8), shape)).not.toEqual(planStorm(seededRandom(7), shape));
});

test.each([1, 2, 3, 4, 5])('ten minutes of seed %i hit every kind, and never all nodes at once', (seed) => {
  const plan = planStorm(seededRandom(seed), shape);
  expect(new Set(plan.map(({ fault }) => fault.kind))).toEqual(new Set(faultKinds));
  expect(plan.length).toBeGreaterThan(115);
  for (const { atMs } of plan) {
    const stopped = plan.filter(
      ({ atMs: sinceMs, fault }) =>
        !isCut(fault) &&
        'forMs' in fault &&
        /^freeze/.test(fault.kind) &&
        sinceMs <= atMs &&
        atMs < sinceMs + fault.forMs,
    );
    expect(new Set(stopped.map(({ fault }) => fault.node)).size).toBeLessThan(shape.nodes);
  }
});

test('budgets reach from 1 to the most, and all clients are shared out, some for each tenant', () => {
  const budgets = drawBudgets(seededRandom(1), 200, 112);
  expect([Math.min(...budgets), Math.max(...budgets), budgets.length]).toEqual([1, 112, 200]);
  const shares = shareClients(3_000, budgets);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBe(3_000);
  expect(Math.min(...shares)).toBeGreaterThan(0);
});
