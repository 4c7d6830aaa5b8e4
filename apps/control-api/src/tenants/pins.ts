// The pins that all processes report of one endpoint, as one list with its totals.
import type { EndpointPinsReply } from '@weir/api-contract';
import type { ProcessReport } from '@weir/fleet';

/** Processes that do not serve the endpoint are left out. */
export function pinsReply(
  endpointId: string,
  reports: readonly ProcessReport[],
  at: Date,
): EndpointPinsReply {
  const processes = reports.flatMap(({ processId, startedAt, endpoints }) => {
    const pins = endpoints[endpointId]?.pins;
    return pins === undefined ? [] : [{ processId, startedAt, ...pins }];
  });
  const pins = processes
    .flatMap(({ processId, newest }) => newest.map((pin) => ({ processId, ...pin })))
    .sort((one, other) => (one.since < other.since ? 1 : one.since > other.since ? -1 : 0));
  const leftOut = processes.reduce((sum, process) => sum + process.leftOut, 0);
  const totals = new Map<string, number>();
  for (const process of processes) {
    for (const [reason, count] of Object.entries(process.totals))
      totals.set(reason, (totals.get(reason) ?? 0) + count);
  }
  return {
    endpointId: endpointId as EndpointPinsReply['endpointId'],
    at: at.toISOString(),
    pinned: pins.length + leftOut,
    leftOut,
    pins,
    totals: Object.fromEntries(totals),
    processes: processes.map(({ newest: _, ...process }) => process),
  };
}
