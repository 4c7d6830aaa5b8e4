// The fleet in memory keeps the contract.
import { createMemoryFleet } from './memory-fleet.ts';
import { describeFleetContract, suiteReportTtlMs } from './testing/contract-suite.ts';

describeFleetContract('memory', async () => {
  const fleet = createMemoryFleet({ reportTtlMs: suiteReportTtlMs });
  return { controlPlane: fleet, pooler: fleet, close: () => fleet.close() };
});
