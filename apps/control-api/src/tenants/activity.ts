// What all processes report of one endpoint, added up.
import type { EndpointActivityReply } from '@weir/api-contract';
import type { EndpointRecord } from '@weir/catalog';
import type { ActivityCounters, ProcessReport } from '@weir/fleet';

const none: ActivityCounters = {
  clientsActive: 0,
  clientsIdle: 0,
  clientsWaiting: 0,
  serversActive: 0,
  serversIdle: 0,
  serversOpening: 0,
  serversDirect: 0,
  serversPinned: 0,
  transactionsTotal: 0,
};

/** Processes that do not serve the endpoint are left out. */
export function activityReply(
  endpoint: EndpointRecord,
  reports: readonly ProcessReport[],
  at: Date,
): EndpointActivityReply {
  const processes = reports.flatMap((report) => {
    const activity = report.endpoints[endpoint.id];
    if (activity === undefined) return [];
    const { pins: _, generation: _generation, ...counters } = activity;
    return [{ processId: report.processId, startedAt: report.startedAt, ...counters }];
  });
  const totals = processes.reduce(addUp, none);
  return {
    endpointId: endpoint.id as EndpointActivityReply['endpointId'],
    at: at.toISOString(),
    budget: endpoint.sizing.budget,
    serversOpen:
      totals.serversActive +
      totals.serversIdle +
      totals.serversOpening +
      totals.serversDirect +
      totals.serversPinned,
    totals,
    processes,
  };
}

function addUp(sum: ActivityCounters, counters: ActivityCounters): ActivityCounters {
  const added: Record<string, number> = {};
  for (const name of Object.keys(none) as (keyof ActivityCounters)[])
    added[name] = sum[name] + counters[name];
  return added as unknown as ActivityCounters;
}
