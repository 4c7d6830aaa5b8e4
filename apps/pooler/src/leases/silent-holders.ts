// Looks in the database for the server connections of holders that have fallen silent: ends them, and says what is left.

import { setTimeout as wait } from 'node:timers/promises';
import type { LeaseStore } from '@weir/fleet';
import {
  registeredIn,
  type Session,
  type Sight,
  type SilentHolder,
  sessionsOf,
  strangersIn,
  type UpstreamLease,
} from '@weir/leases';
import type { Upstream } from '@weir/pooling';
import type { Logger } from '@weir/telemetry';
import { asPoolerError } from '../errors.ts';
import type { ServedEndpoint } from '../pools/served-endpoint.ts';
import { serviceName, type TextRow } from '../server/service-connection.ts';
import type { ServiceConnections } from '../server/service-connections.ts';

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
/** By then every server connection of Weir's has been registered. */
const foreignAgeMs = 5_000;

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

export class SilentHolders {
  readonly #options: SilentHoldersOptions;
  readonly #nextLookAtMs = new Map<string, number>();

  constructor(options: SilentHoldersOptions) {
    this.#options = options;
  }

  /**
   * Has what is due looked for, unless that was done a moment ago: strangers after shared state had forgotten, a silent
   * holder. What is found goes out with the lease's next request.
   */
  lookFor(lease: UpstreamLease<Upstream>): void {
    const { now, log } = this.#options;
    const { upstream } = lease;
    const { unchecked } = lease.holder;
    const silent = lease.silentInTheWay(now());
    const isNeeded = unchecked !== null || silent !== null;
    if (!isNeeded && !lease.isWatchDue(now())) return;
    if ((this.#nextLookAtMs.get(upstream.id) ?? 0) > now()) return;
    // Not again before this one is over.
    this.#nextLookAtMs.set(upstream.id, Number.POSITIVE_INFINITY);
    const looked = !isNeeded
      ? this.#watch(lease)
      : unchecked === null
        ? this.#look(lease, silent!)
        : this.#check(lease, unchecked);
    looked
      .catch((error: unknown) => {
        const { code, message } = asPoolerError(error);
        log.warn(
          { upstream: upstream.id, code },
          `server connections of other processes cannot be looked for, and what they had stays counted: ${message}`,
        );
      })
      .finally(() => {
        // Each process at another time, as one look is enough.
        const pauseMs = lookEachMs * (0.75 + Math.random() / 2);
        if (lease.inUse) this.#nextLookAtMs.set(upstream.id, now() + pauseMs);
        else this.#nextLookAtMs.delete(upstream.id);
      });
  }

  /** Counts what is there, for the metrics: nothing follows from it. */
  async #watch(lease: UpstreamLease<Upstream>): Promise<void> {
    const { look, log, rolesOf, now } = this.#options;
    const { upstream } = lease;
    const looker = look(upstream);
    if (looker === null) return;
    try {
      const sight = await this.#sight(upstream, looker);
      const count = registeredIn(sight);
      const isOver = lease.watched(count, strangersIn(sight, rolesOf(upstream), foreignAgeMs), now());
      if (isOver)
        log.error({ upstream: upstream.id, count }, 'there are more server connections than the budget');
    } finally {
      looker.done();
    }
  }

  async #check(lease: UpstreamLease<Upstream>, memory: string): Promise<void> {
    const { look, log, rolesOf } = this.#options;
    const { upstream } = lease;
    const looker = look(upstream);
    if (looker === null) return;
    try {
      const strangers = strangersIn(await this.#sight(upstream, looker), rolesOf(upstream), 0);
      if (strangers > 0)
        log.warn(
          { upstream: upstream.id, strangers },
          'server connections that no process has declared stay counted',
        );
      lease.seen({ memory, strangers });
    } finally {
      looker.done();
    }
  }

  async #look(lease: UpstreamLease<Upstream>, silent: SilentHolder): Promise<void> {
    const { now, log, look, rolesOf } = this.#options;
    const { upstream } = lease;
    const looker = look(upstream);
    if (looker === null) return;
    const begunByMs = now() - silent.begunMsAgo;
    // What started later was opened by somebody else: it could open nothing any more.
    const leastAgeMs = () => now() - begunByMs;
    try {
      const giveUpAtMs = now() + endingMs;
      for (let round = 0; ; round++) {
        const ageMs = leastAgeMs();
        const sight = await this.#sight(upstream, looker);
        const own = sessionsOf(silent.holder, sight, ageMs);
        if (round === 0 && own.length > 0) {
          const pairs = own.map(({ processId, role }) => [String(processId), role]);
          await looker.query(terminateQuery, [JSON.stringify(pairs), String(ageMs)]);
        } else if (own.length === 0 || now() >= giveUpAtMs) {
          const strangers = strangersIn(sight, rolesOf(upstream), ageMs);
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

  /** Sessions before registrations: what is registered in between is no stranger. */
  async #sight(upstream: Upstream, looker: Looker): Promise<Sight> {
    const [row] = await looker.query(sessionsQuery, []);
    const sessions = readSessions(row?.[0] ?? '[]');
    return { sessions, registered: await this.#options.store.servers(upstream.id) };
  }
}

function readSessions(text: string): Session[] {
  const rows = JSON.parse(text) as [number, string, number | null, string][];
  return (
    rows
      // Those of other processes live in the reserve, as this one does.
      .filter(([, , , applicationName]) => applicationName !== serviceName)
      .map(([processId, role, ageMs]) => ({ processId, role, ageMs }))
  );
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
