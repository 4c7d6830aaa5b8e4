// The job that rolls up usage: what processes have counted goes into the hours of the catalog.
import { addUsage, type Catalog, type UsageReading } from '@weir/catalog';
import type { UsageLedger, UsageReport } from '@weir/fleet';
import { isEndpointId } from '@weir/tenancy';

/** A peak is of the last seconds before its report; of a report that is older it is no news of this hour. */
const peakIsNewsMs = 15_000;
// More than any process could hold; whoever writes more into shared state spoils only that peak.
const peakMax = 1_000_000;

/** Rejects with FleetUnavailableError or the catalog's error. What was added is not added again by the next run. */
export async function rollUpUsage({
  catalog,
  usage,
}: {
  readonly catalog: Catalog;
  readonly usage: UsageLedger;
}): Promise<void> {
  const reports = await usage.all();
  const readings = reports.flatMap((report) => readingsOf(report, Date.now()));
  if (readings.length > 0) await addUsage(catalog, readings);
}

function readingsOf({ processId, reportedAt, endpoints }: UsageReport, nowMs: number): UsageReading[] {
  const isNews = nowMs - Date.parse(reportedAt) < peakIsNewsMs;
  return Object.entries(endpoints)
    .filter(([endpointId]) => isEndpointId(endpointId))
    .map(([endpointId, counters]) => ({
      ...counters,
      endpointId,
      processId,
      clientsPeak: isNews ? Math.min(counters.clientsPeak, peakMax) : 0,
    }));
}
