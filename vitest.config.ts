// The test projects: each is a circle of tests that can be run alone with `vitest run --project <name>`.
import { defineConfig } from 'vitest/config';

// Limits that only a test that hangs reaches: the machines that run these are shared, and at times very slow.
const patient = { testTimeout: 300_000, hookTimeout: 300_000 };

// Tests of pure code and of single parts share a worker: starting one costs more than most of these files take.
const light = { ...patient, pool: 'threads' as const, isolate: false, sequence: { groupOrder: 0 } };

// Tests that start processes of their own run one file after the other.
const heavy = {
  ...patient,
  globalSetup: ['test/harness/src/global-setup.ts'],
  fileParallelism: false,
};

// What needs no socket, process or file of its own; everything else beside its subject is `parts`.
const pureTests = [
  'packages/{protocol,scram,tenancy,api-contract,sql,leases,pooling}/src/**/*.test.ts',
  'apps/dashboard/src/**/*.test.ts',
  'test/load/src/**/*.test.ts',
];

// One project after the other: servers and clients of one must not slow down another's.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: pureTests, ...light } },
      {
        test: {
          name: 'parts',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts'],
          exclude: pureTests,
          ...patient,
          pool: 'threads',
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: 'tidy', include: ['test/tidy/**/*.test.ts'], ...light } },
      { test: { name: 'simulation', include: ['test/simulation/**/*.test.ts'], ...light } },
      {
        test: {
          name: 'integration',
          include: ['test/{integration,conformance,counterweight,vercel}/**/*.test.ts'],
          ...heavy,
          sequence: { groupOrder: 2 },
        },
      },
      // Its files share one Weir.
      {
        test: {
          name: 'drivers',
          include: ['test/drivers/**/*.test.ts'],
          ...heavy,
          isolate: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
