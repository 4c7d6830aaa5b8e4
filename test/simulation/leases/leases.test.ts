// The invariant of leases: never more server connections than the budget, whatever happens to processes, messages and Redis.
import { expect, test } from 'vitest';
import { type BrokenRule, type Fault, LeaseWorld, type LeaseWorldOptions } from './lease-world.ts';

const seedGiven = process.env.WEIR_SEED;
/** The short form that every test run includes; `pnpm sim` asks for more. */
const runCount = Number(process.env.WEIR_SIM_LEASE_RUNS ?? 12);
const firstSeed = seedGiven === undefined ? Date.now() % 1_000_000 : Number(seedGiven);
const seeds = Array.from({ length: seedGiven === undefined ? runCount : 1 }, (_, index) => firstSeed + index);

/** Simulated time after the faults in which all must be well again, and then some in which it must stay so. */
const calmMs = 60_000;
const afterMs = 5_000;

function run(options: LeaseWorldOptions): LeaseWorld {
  const world = new LeaseWorld(options);
  const until = (ms: number): void => {
    while (world.clock.nowMs < ms) {
      world.clock.step();
      world.check();
    }
  };
  until(options.faultsForMs + calmMs);
  const servedBefore = world.served;
  until(options.faultsForMs + calmMs + afterMs);
  expect(world.served - servedBefore, `seed=${options.seed}: work done since`).toBeGreaterThan(0);
  for (const { id, queue } of world.processes) {
    const waitMs = queue[0] === undefined ? 0 : world.clock.nowMs - queue[0].sinceMs;
    expect(waitMs, `seed=${options.seed} ${id} makes somebody wait`).toBeLessThan(afterMs);
  }
  return world;
}

test.each([1, 2, 4, 10, 40])(
  `a budget of %i is never passed, and all is well after the storm (seeds from ${firstSeed})`,
  (budget) => {
    let started = 0;
    for (const seed of seeds) {
      started += run({ seed, budget, processes: 5, faultsForMs: 60_000 }).database.started;
    }
    expect(started).toBeGreaterThan(seeds.length * 10);
  },
);

/** Each with the faults by which it shows. */
const brokenRules: readonly (readonly [BrokenRule, readonly Fault[]])[] = [
  ['free-at-close', ['kill', 'freeze']],
  ['no-recheck', ['unreachable', 'freeze']],
  ['no-look', ['freeze', 'unreachable']],
  ['reopen-at-once', ['unreachable', 'empty', 'fail over']],
  ['unchecked', ['freeze', 'unreachable', 'empty']],
  ['unsettled', ['kill']],
  ['frozen-is-ended', ['freeze']],
];

test.each(brokenRules)('a rule that is broken on purpose is found out: %s', (broken, faults) => {
  const found = Array.from({ length: 300 }, (_, seed) => seed).some((seed) => {
    const world = new LeaseWorld({ seed, budget: 4, processes: 5, faultsForMs: 60_000, broken, faults });
    try {
      while (world.clock.nowMs < 60_000) {
        world.clock.step();
        world.check();
      }
      return false;
    } catch (error) {
      return /server connections, budget/.test((error as Error).message);
    }
  });
  expect(found).toBe(true);
});
