// Looks in the database for the server connections of holders that have fallen silent: ends them, and says what is left.

import { setTimeout as wait } from 'node:timers/promises';
import type { LeaseStore, RegisteredServer } from '@weir/fleet';
import { leaseTtlMs } from '@weir/leases';
import type { Upstream } from '@weir/pooling';
import type { Logger } from '@weir/telemetry';
import { asPoolerError } from '../errors.ts';
import type { ServedEndpoint } from '../pools/served-endpoint.ts';
import type { TextRow } from '../server/service-connection.ts';
import type { ServiceConnections } from '../server/service-connections.ts';
import type { UpstreamLease } from './upstream-lease.ts';

/** Something that answers one query, and may be closed afterwards. */
export interface Looker {
  query(sql: string, values: readonly string[]): Promise<TextRow[]>;
  done(): void;
}

export interface SilentHoldersOptions {
  readonly store: LeaseStore;
  /** A connection to the upstream's server outside of the budget, as the role with the most rights that is known; null: none. */
  look(upstream: Upstream): Looker | null;
  /** Roles whose server connections Weir opens there, as far as this process knows. */
  rolesOf(upstream: Upstream): ReadonlySet<string>;
  readonly now: () => number;
  readonly log: Logger;
}

/** Where something is left of a silent holder, it is looked for again so often. */
const lookEachMs = 1_000;
/** A backend that was terminated is waited for so long, before it counts as still there. */
const endingMs = 1_000;
const endingLookMs = 50;

// Whose backend_start is not shown might have started at any time.
const sessionsQuery = `select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
    pid, usename, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - backend_start) * 1000,
    application_name)), '[]')::pg_catalog.text
  from pg_catalog.pg_stat_activity
  where pid <> pg_catalog.pg_backend_pid() and usename is not null
    and (backend_type is null or backend_type = 'client backend')`;

const terminateQuery = `select pg_catalog.count(pg_catalog.pg_terminate_backend(pid))::pg_catalog.text
  from pg_catalog.pg_stat_activity
  where (pid::pg_catalog.text, usename::pg_catalog.text) in
    (select one ->> 0, one ->> 1 from pg_catalog.json_array_elements($1::pg_catalog.json) one)
  and pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - backend_start) * 1000 >= $2::pg_catalog.float8`;

/** A session as the database shows it. */
interface Session {
  readonly processId: number;
  readonly role: string;
  /** Since its start; null: not shown. */
  readonly ageMs: number | null;
  readonly applicationName: string;
}

/** A holder of which nothing has been heard for so long that it can open nothing any more. */
interface Silent {
  readonly holder: string;
  readonly seq: number;
  readonly charge: number;
  readonly silentMs: number;
}

export class SilentHolders {
  readonly #options: SilentHoldersOptions;
  readonly #nextLookAtMs = new Map<string, number>();

  constructor(options: SilentHoldersOptions) {
    this.#options = options;
  }

  /** Has one of them looked for, unless that was done a moment ago. What is proven goes out with the lease's next request. */
  lookFor(lease: UpstreamLease): void {
    const { now, log } = this.#options;
    const { upstream } = lease;
    const [silent] = lease.holder.silent(now());
    if (silent === undefined || (this.#nextLookAtMs.get(upstream.id) ?? 0) > now()) return;
    // Not again before this one is over.
    this.#nextLookAtMs.set(upstream.id, Number.POSITIVE_INFINITY);
    this.#look(lease, silent)
      .catch((error: unknown) => {
        const { code, message } = asPoolerError(error);
        log.warn(
          { upstream: upstream.id, holder: silent.holder, slots: silent.charge, code },
          `server connections of a silent process cannot be looked for, and stay counted: ${message}`,
        );
      })
      .finally(() => {
        // Each process at another time, as one look is enough.
        const pauseMs = lookEachMs * (0.75 + Math.random() / 2);
        this.#nextLookAtMs.set(upstream.id, now() + pauseMs);
        if (!lease.inUse) this.#nextLookAtMs.delete(upstream.id);
      });
  }

  async #look(lease: UpstreamLease, silent: Silent): Promise<void> {
    const { now, log, look, store } = this.#options;
    const { upstream } = lease;
    const looker = look(upstream);
    if (looker === null) return;
    const sinceMs = now() - silent.silentMs;
    // What started later was opened by somebody else: its right to open was over.
    const leastAgeMs = () => now() - sinceMs - leaseTtlMs;
    try {
      const giveUpAtMs = now() + endingMs;
      for (let round = 0; ; round++) {
        const servers = await store.servers(upstream.id);
        const ageMs = leastAgeMs();
        const [row] = await looker.query(sessionsQuery, []);
        const sessions = readSessions(row?.[0] ?? '[]');
        const own = ownSessions(sessions, servers, silent.holder, ageMs);
        if (round === 0 && own.length > 0) {
          const pairs = own.map(({ processId, role }) => [String(processId), role]);
          await looker.query(terminateQuery, [JSON.stringify(pairs), String(ageMs)]);
        } else if (own.length === 0 || now() >= giveUpAtMs) {
          const strangers = this.#strangers(upstream, sessions, servers, ageMs);
          const left = Math.min(silent.charge, own.length + strangers);
          log.warn(
            { upstream: upstream.id, holder: silent.holder, slots: silent.charge, left },
            'a process has fallen silent: its server connections were looked for',
          );
          if (left < silent.charge) lease.proven({ holder: silent.holder, seq: silent.seq, charge: left });
          return;
        }
        await wait(endingLookMs);
      }
    } finally {
      looker.done();
    }
  }

  /** Sessions of Weir's roles that no process has registered: any of them may be one that the silent one could not tell of. */
  #strangers(
    upstream: Upstream,
    sessions: readonly Session[],
    servers: readonly RegisteredServer[],
    leastAgeMs: number,
  ): number {
    const registered = new Set(servers.map(({ processId }) => processId));
    const roles = new Set([...this.#options.rolesOf(upstream), ...servers.map(({ role }) => role)]);
    return sessions.filter(
      ({ processId, role, ageMs, applicationName }) =>
        !registered.has(processId) &&
        roles.has(role) &&
        applicationName !== 'weir service' &&
        (ageMs === null || ageMs >= leastAgeMs),
    ).length;
  }
}

/** Those that the holder registered, and nobody else has since, as a process id may come again. */
function ownSessions(
  sessions: readonly Session[],
  servers: readonly RegisteredServer[],
  holder: string,
  leastAgeMs: number,
): Session[] {
  return sessions.filter(({ processId, role, ageMs }) => {
    const claims = servers.filter((server) => server.processId === processId);
    const [claim] = claims;
    const isOwn = claims.length === 1 && claim?.holder === holder && claim.role === role;
    return isOwn && (ageMs === null || ageMs >= leastAgeMs);
  });
}

function readSessions(text: string): Session[] {
  const rows = JSON.parse(text) as [number, string, number | null, string][];
  return rows.map(([processId, role, ageMs, applicationName]) => ({
    processId,
    role,
    ageMs,
    applicationName,
  }));
}

/** As the service role of one of the endpoints; where none has one, as any role whose client has logged in here. */
export function lookerOf(endpoints: readonly ServedEndpoint[], service: ServiceConnections): Looker | null {
  const withService = endpoints.find(({ endpoint }) => endpoint.serviceRole !== null);
  if (withService !== undefined) {
    const connection = service.of(withService.endpoint);
    return { query: (sql, values) => connection.query(sql, values), done() {} };
  }
  for (const { endpoint, credentials } of endpoints) {
    for (const credential of credentials.values()) {
      const connection = service.as(endpoint, credential);
      return { query: (sql, values) => connection.query(sql, values), done: () => connection.close() };
    }
  }
  return null;
}
