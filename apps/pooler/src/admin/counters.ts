// The process's counters as metrics and as the fleet's activity report: read when asked for, kept by nobody here.
import type { EndpointActivity } from '@weir/fleet';
import type { UpstreamLease } from '@weir/leases';
import type { EndpointCounters } from '@weir/telemetry';
import type { ClientCounts } from '../client/admit.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { PoolRegistry } from '../pools/pool-registry.ts';
import type { PoolRunner } from '../pools/pool-runner.ts';
import type { ServedEndpoint, WordCounts } from '../pools/served-endpoint.ts';
import { isPinned, type Moment, reportPins } from './report-pins.ts';
import { reportUpstream } from './report-upstream.ts';
import type { Connections } from './usage-meter.ts';

/** Clients and server connections of one endpoint by state. */
export interface Standing {
  clientsActive: number;
  clientsIdle: number;
  clientsWaiting: number;
  serversActive: number;
  serversIdle: number;
  serversOpening: number;
  serversClosing: number;
  serversPinned: number;
}

/** Of every endpoint that is served here. Goes through all clients and servers. */
export function standingsOf(registry: PoolRegistry, runner: PoolRunner): Map<ServedEndpoint, Standing> {
  const all = new Map<ServedEndpoint, Standing>();
  for (const served of registry.served.values()) {
    const standing: Standing = {
      clientsActive: served.directActive,
      clientsIdle: 0,
      clientsWaiting: 0,
      serversActive: 0,
      serversIdle: 0,
      serversOpening: 0,
      serversClosing: 0,
      serversPinned: 0,
    };
    for (const pool of served.pools.values()) {
      standing.serversIdle += pool.count('idle');
      standing.serversOpening += pool.count('opening');
      standing.serversClosing += pool.count('closing');
      for (const server of pool.servers) {
        // One that opens or closes is counted as that.
        if (server.state === 'opening' || server.state === 'closing') continue;
        if (isPinned(server)) standing.serversPinned++;
        else if (server.state === 'active' || server.state === 'finishing' || server.state === 'cancelling') {
          standing.serversActive++;
        }
      }
    }
    all.set(served, standing);
  }
  for (const [session, client] of runner.clients) {
    const standing = all.get(client.served);
    if (standing === undefined) continue;
    if (session.state === 'active') standing.clientsActive++;
    else if (session.state === 'waiting') standing.clientsWaiting++;
    else standing.clientsIdle++;
  }
  return all;
}

/** What belongs to no endpoint: errors of clients that named none of ours, cancel requests, which name none, and how many are known. */
export interface CountsOfNone {
  readonly errors: WordCounts;
  readonly cancels: WordCounts;
  readonly knownEndpoints: number;
  readonly connectsDelayed: number;
}

/** Everything for one scrape. */
export function collectCounters(
  registry: PoolRegistry,
  runner: PoolRunner,
  leases: LeaseKeeper,
  none: CountsOfNone,
): EndpointCounters[] {
  const counters: EndpointCounters[] = [
    {
      endpoint: '',
      errors: none.errors.counts,
      cancels: none.cancels.counts,
      knownEndpoints: none.knownEndpoints,
      connectsDelayed: none.connectsDelayed,
    },
  ];
  for (const [served, standing] of standingsOf(registry, runner)) {
    counters.push({
      endpoint: served.endpoint.endpointId,
      clients: {
        active: standing.clientsActive,
        idle: standing.clientsIdle,
        waiting: standing.clientsWaiting,
      },
      servers: {
        active: standing.serversActive,
        idle: standing.serversIdle,
        opening: standing.serversOpening,
        direct: served.directActive,
        pinned: standing.serversPinned,
        closing: standing.serversClosing,
      },
      ...served.totals(),
      waitSeconds: served.waitSeconds,
      querySeconds: served.querySeconds,
      serverOpens: served.serverOpens,
      connectsDelayed: served.connectsDelayed,
      serverCloses: served.serverCloses.counts,
      pins: served.pins.counts,
      clientCloses: served.clientCloses.counts,
      errors: served.errors.counts,
      budget: served.upstream.budget,
      budgetUsed: served.upstream.used,
      ...leaseCounters(leases.of(served.upstream)),
      circuit: circuitCounters(served),
      circuitOpens: served.circuit.opens,
      budgetCeiling: Math.min(served.upstream.budget, served.upstream.ceiling.most),
      generation: served.endpoint.generation,
      pausedPools: [...served.pools.values()].filter(({ paused }) => paused).length,
      bytes: { fromClients: served.bytesFromClients, toClients: served.bytesToClients },
    });
  }
  return counters;
}

/** Every endpoint with all its clients and all its servers, on both hosts, for the usage meter. */
export function* connectionsOf(
  standings: ReadonlyMap<ServedEndpoint, Standing>,
): Iterable<readonly [ServedEndpoint, Connections]> {
  for (const [served, standing] of standings) {
    const { clientsActive, clientsIdle, clientsWaiting, serversActive, serversIdle, serversOpening } =
      standing;
    const { serversClosing, serversPinned } = standing;
    const pooled = serversActive + serversIdle + serversOpening + serversClosing + serversPinned;
    yield [
      served,
      { clients: clientsActive + clientsIdle + clientsWaiting, servers: pooled + served.directActive },
    ];
  }
}

function circuitCounters({ circuit: { state } }: ServedEndpoint) {
  const is = (one: typeof state): number => (state === one ? 1 : 0);
  return { closed: is('closed'), open: is('open'), recovering: is('recovering') };
}

function leaseCounters(lease: UpstreamLease | null): Partial<EndpointCounters> {
  if (lease === null) return {};
  const { holder, quarantined, overruns, foreignSessions } = lease;
  return {
    budgetShare: holder.share,
    budgetQuarantined: quarantined,
    budgetOverruns: overruns,
    ...(foreignSessions !== null && { foreignSessions }),
  };
}

/** What the dashboard shows of this process, by endpoint. */
export function activityOf(
  standings: ReadonlyMap<ServedEndpoint, Standing>,
  clientCounts: ClientCounts,
  now: Moment,
): Record<string, EndpointActivity> {
  const activity: Record<string, EndpointActivity> = {};
  for (const [served, standing] of standings) {
    const { serversClosing: _, ...shown } = standing;
    served.look(now.ms);
    activity[served.endpoint.endpointId] = {
      ...shown,
      serversDirect: served.directActive,
      transactionsTotal: served.totals().transactions,
      generation: served.endpoint.generation,
      pins: reportPins(served, now),
      addresses: clientCounts.addressesOf(served.endpoint.endpointId),
      upstream: reportUpstream(served, now.ms),
      errors: Object.fromEntries(served.errors.counts),
      waits: [...served.waitSeconds.counts],
      executions: [...served.querySeconds.counts],
    };
  }
  return activity;
}
