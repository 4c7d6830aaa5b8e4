// The pins of one endpoint as this process reports them: the newest, each with its reason and how long its client is idle.
import { type EndpointPins, type PinReport, pinStatementCharactersMax, pinsReportedMax } from '@weir/fleet';
import type { ServerSession } from '@weir/pooling';
import type { ServedEndpoint, ServedPool } from '../pools/served-endpoint.ts';

/** The core's clock: where it stands, and what the calendar said at its zero. Ms. */
export interface Moment {
  readonly ms: number;
  readonly originMs: number;
}

/** The pins of `served` that are there now. */
export function reportPins(served: ServedEndpoint, now: Moment): EndpointPins {
  const pinned: ServerSession[] = [];
  for (const pool of served.pools.values()) {
    for (const server of pool.servers) {
      if (isPinned(server)) pinned.push(server);
    }
  }
  pinned.sort((one, other) => other.pinnedAtMs - one.pinnedAtMs);
  const newest = pinned.slice(0, pinsReportedMax);
  return {
    newest: newest.map((server) => pinReport(server, now)),
    leftOut: pinned.length - newest.length,
    totals: Object.fromEntries(served.pins.counts),
  };
}

/** One that opens or closes counts as that, and a server lent for a whole session is no pin. */
export function isPinned(server: ServerSession): boolean {
  const { pin, state } = server;
  return pin !== null && pin !== 'session-mode' && state !== 'opening' && state !== 'closing';
}

function pinReport(server: ServerSession, now: Moment): PinReport {
  const { role, database } = (server.pool as ServedPool).origin;
  const applicationName = server.parameters.values.get('application_name') ?? '';
  return {
    reason: server.pin!,
    statement: server.pinStatement?.slice(0, pinStatementCharactersMax) ?? null,
    role,
    database,
    applicationName: applicationName === '' ? null : applicationName,
    since: new Date(now.originMs + server.pinnedAtMs).toISOString(),
    idleMs: server.client?.atRest === true ? Math.round(now.ms - server.answeredAtMs) : null,
  };
}
