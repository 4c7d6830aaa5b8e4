// What each endpoint has used on this process, for the fleet's usage report: connections are looked at once a second and added up.
import type { UsageCounters } from '@weir/fleet';
import type { ServedEndpoint } from '../pools/served-endpoint.ts';

/** Clients and servers of one endpoint at one moment. */
export interface Connections {
  readonly clients: number;
  readonly servers: number;
}

/** So many looks are remembered for the peak: three times as long as a report takes to be renewed. */
const looksRemembered = 15;

interface Metered {
  readonly served: ServedEndpoint;
  readonly sinceMs: number;
  clientSeconds: number;
  serverConnectionSeconds: number;
  /** A ring of the last looks. */
  readonly clients: number[];
}

/** Adds up over time what counters of the moment cannot tell. Times are ms of one clock that never goes back. */
export class UsageMeter {
  /** By endpoint id. An endpoint that is served anew, as after a move, is counted anew. */
  readonly #metered = new Map<string, Metered>();
  #lookedAtMs: number | null = null;
  #looks = 0;

  look(nowMs: number, standing: Iterable<readonly [ServedEndpoint, Connections]>): void {
    const seconds = this.#lookedAtMs === null ? 0 : (nowMs - this.#lookedAtMs) / 1000;
    this.#lookedAtMs = nowMs;
    const place = this.#looks++ % looksRemembered;
    const gone = new Set(this.#metered.keys());
    for (const [served, { clients, servers }] of standing) {
      const { endpointId } = served.endpoint;
      gone.delete(endpointId);
      const known = this.#metered.get(endpointId);
      const metered = known?.served === served ? known : begun(served, nowMs);
      this.#metered.set(endpointId, metered);
      metered.clientSeconds += clients * seconds;
      metered.serverConnectionSeconds += servers * seconds;
      metered.clients[place] = clients;
    }
    for (const endpointId of gone) this.#metered.delete(endpointId);
  }

  /** By endpoint; `originMs` is what the calendar said at the clock's zero. */
  counters(originMs: number): Record<string, UsageCounters> {
    const all: Record<string, UsageCounters> = {};
    for (const [endpointId, metered] of this.#metered) {
      const { served, sinceMs, clientSeconds, serverConnectionSeconds, clients } = metered;
      const { transactions, queries } = served.totals();
      all[endpointId] = {
        countedSince: new Date(originMs + sinceMs).toISOString(),
        clientsPeak: clients.reduce((most, count) => Math.max(most, count), 0),
        clientSeconds,
        serverConnectionSeconds,
        transactions,
        queries,
        bytesReceived: served.bytesFromClients,
        bytesSent: served.bytesToClients,
        waitSeconds: served.waitSeconds.sum,
      };
    }
    return all;
  }
}

function begun(served: ServedEndpoint, sinceMs: number): Metered {
  return { served, sinceMs, clientSeconds: 0, serverConnectionSeconds: 0, clients: [] };
}
