// The fleet in memory keeps the contract.
import { createMemoryFleet } from './memory-fleet.ts';
import { describeFleetContract, type FleetFixture, suiteReportTtlMs } from './testing/contract-suite.ts';
import { describeLeaseContract } from './testing/lease-suite.ts';

async function openFixture(): Promise<FleetFixture> {
  const fleet = createMemoryFleet({ reportTtlMs: suiteReportTtlMs });
  return { controlPlane: fleet, pooler: fleet, close: () => fleet.close() };
}

describeFleetContract('memory', openFixture);
describeLeaseContract('memory', openFixture);
