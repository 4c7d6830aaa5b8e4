// The pins that all processes report of one endpoint, as one list with its totals.
import type { EndpointPinsReply } from '@weir/api-contract';
import type { ProcessReport } from '@weir/fleet';
import { sumByWord } from './sum-by-word.ts';

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
  return {
    endpointId: endpointId as EndpointPinsReply['endpointId'],
    at: at.toISOString(),
    pinned: pins.length + leftOut,
    leftOut,
    pins,
    totals: sumByWord(processes.map(({ totals }) => totals)),
    processes: processes.map(({ newest: _, ...process }) => process),
  };
}
