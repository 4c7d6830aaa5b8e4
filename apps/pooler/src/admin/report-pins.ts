// The pins of one endpoint as this process reports them: the newest, each with its reason and how long its client is idle.
import { type EndpointPins, type PinReport, pinStatementCharactersMax, pinsReportedMax } from '@weir/fleet';
import type { ServerSession } from '@weir/pooling';
import type { ServedEndpoint, ServedPool } from '../pools/served-endpoint.ts';

/** One moment on both clocks: the core's, in ms, and the calendar's. */
export interface Moment {
  readonly ms: number;
  readonly date: Date;
}

/** A pin when it was last looked at. */
interface Look {
  readonly pinnedAtMs: number;
  /** Told once, so that it stays the same text although two clocks never tick alike. */
  readonly since: string;
  readonly batchesSent: number;
  /** When the client was last seen at work. */
  busyAtMs: number;
}

// The core notes no time when a client falls silent: it would cost each message. Entries go with their servers.
const looks = new WeakMap<ServerSession, Look>();

/** Meant to be called each second: a client's silence is counted from the last look that saw it at work. */
export function reportPins(served: ServedEndpoint, now: Moment): EndpointPins {
  const pinned: ServerSession[] = [];
  for (const pool of served.pools.values()) {
    for (const server of pool.servers) {
      if (!isPinned(server)) continue;
      look(server, now);
      pinned.push(server);
    }
  }
  pinned.sort((one, other) => other.pinnedAtMs - one.pinnedAtMs);
  const newest = pinned.slice(0, pinsReportedMax);
  return {
    newest: newest.map((server) => pinReport(server, looks.get(server)!, now)),
    leftOut: pinned.length - newest.length,
    totals: Object.fromEntries(served.pins.counts),
  };
}

/** One that opens or closes counts as that. */
export function isPinned(server: ServerSession): boolean {
  return server.pin !== null && server.state !== 'opening' && server.state !== 'closing';
}

function look(server: ServerSession, now: Moment): void {
  const { pinnedAtMs, batchesSent } = server;
  const last = looks.get(server);
  if (last?.pinnedAtMs !== pinnedAtMs || last.batchesSent !== batchesSent) {
    const since =
      last?.pinnedAtMs === pinnedAtMs
        ? last.since
        : new Date(now.date.getTime() - (now.ms - pinnedAtMs)).toISOString();
    looks.set(server, { pinnedAtMs, since, batchesSent, busyAtMs: now.ms });
  } else if (server.client?.atRest !== true) last.busyAtMs = now.ms;
}

function pinReport(server: ServerSession, { since, busyAtMs }: Look, now: Moment): PinReport {
  const { role, database } = (server.pool as ServedPool).origin;
  const applicationName = server.parameters.values.get('application_name') ?? '';
  return {
    reason: server.pin!,
    statement: server.pinStatement?.slice(0, pinStatementCharactersMax) ?? null,
    role,
    database,
    applicationName: applicationName === '' ? null : applicationName,
    since,
    idleMs: server.client?.atRest === true ? Math.round(now.ms - busyAtMs) : null,
  };
}
