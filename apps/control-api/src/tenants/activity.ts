// What all processes report of one endpoint, added up.
import type { EndpointActivityReply } from '@weir/api-contract';
import type { EndpointRecord } from '@weir/catalog';
import type { ActivityCounters, EndpointActivity, ProcessReport } from '@weir/fleet';
import { secondsBounds } from '@weir/telemetry';
import { healthReply } from './replies.ts';
import { sumByWord } from './sum-by-word.ts';

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
    const {
      pins: _pins,
      addresses: _addresses,
      errors: _errors,
      waits: _waits,
      executions: _executions,
      generation: _generation,
      upstream: _upstream,
      ...counters
    } = activity;
    return [{ processId: report.processId, startedAt: report.startedAt, ...counters }];
  });
  const totals = processes.reduce(addUp, none);
  return {
    endpointId: endpoint.id as EndpointActivityReply['endpointId'],
    at: at.toISOString(),
    budget: endpoint.sizing.budget,
    health: healthReply(endpoint),
    serversOpen:
      totals.serversActive +
      totals.serversIdle +
      totals.serversOpening +
      totals.serversDirect +
      totals.serversPinned,
    totals,
    counted: countedOf(reports.flatMap((report) => report.endpoints[endpoint.id] ?? [])),
    processes,
  };
}

function addUp(sum: ActivityCounters, counters: ActivityCounters): ActivityCounters {
  const added: Record<string, number> = {};
  for (const name of Object.keys(none) as (keyof ActivityCounters)[])
    added[name] = sum[name] + counters[name];
  return added as unknown as ActivityCounters;
}

function countedOf(activities: readonly EndpointActivity[]): EndpointActivityReply['counted'] {
  return {
    boundsSeconds: [...secondsBounds],
    waits: sumOfClasses(activities.map(({ waits }) => waits)),
    executions: sumOfClasses(activities.map(({ executions }) => executions)),
    pins: sumByWord(activities.map(({ pins }) => pins.totals)),
    errors: sumByWord(activities.map(({ errors }) => errors)),
  };
}

/** What a process of another release reports in other classes is left out. */
function sumOfClasses(all: readonly (readonly number[])[]): number[] {
  const sum = new Array<number>(secondsBounds.length + 1).fill(0);
  for (const counts of all) {
    if (counts.length !== sum.length) continue;
    for (const [index, count] of counts.entries()) sum[index]! += count;
  }
  return sum;
}
