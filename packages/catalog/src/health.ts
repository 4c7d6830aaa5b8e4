// The health of endpoints in the catalog: which are due to be looked at, and what was seen of them, with what follows.
import {
  type EndpointHealth,
  type HealthState,
  nextHealth,
  type Observation,
  type UpstreamTlsMode,
} from '@weir/tenancy';
import { and, asc, eq, inArray, lte, type SQL, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, CatalogTransaction } from './catalog.ts';
import { servicePasswordPlace } from './endpoints.ts';
import { enqueue } from './outbox.ts';
import { type EndpointRow, sizingOf } from './records.ts';
import { endpoints, tenants } from './schema.ts';

/** A check that nobody else makes for now. The row is the job. */
export interface ClaimedCheck {
  readonly endpointId: string;
  /** What is seen counts only while the endpoint is as it was. */
  readonly generation: number;
  readonly target: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly tlsMode: UpstreamTlsMode;
    readonly caPem: string | null;
  };
  /** Throws CatalogSealError. */
  password(): string;
}

/** What a check read of the server's own limits. */
export interface ServerLimits {
  readonly serverVersion: string;
  readonly maxConnections: number;
  readonly reservedConnections: number;
}

/** What was seen of one endpoint, and when it is to be looked at again, which depends on what it comes to. */
export interface SeenHealth {
  readonly endpointId: string;
  readonly seen: Observation;
  /** Left out: it was not of one generation. */
  readonly generation?: number;
  readonly limits?: ServerLimits;
  readonly againInMs: (health: EndpointHealth) => number;
}

/** What is said of an endpoint whose state or budget has changed. */
export interface HealthNews {
  readonly endpointId: string;
  readonly from: HealthState;
  readonly health: EndpointHealth;
  /** Null: it is what it was. */
  readonly budget: { readonly before: number; readonly after: number } | null;
}

/** A worker that dies with a check in hand delays it by this. */
const claimedForMs = 60_000;

/** Of endpoints joined with their tenants. */
export const isDueCheck = and(
  eq(endpoints.status, 'active'),
  eq(tenants.status, 'active'),
  lte(endpoints.healthDueAt, sql`now()`),
);

/** Takes up to `most` checks that are due, of active endpoints of active tenants, the longest due first. */
export async function claimChecks(catalog: Catalog, most: number): Promise<readonly ClaimedCheck[]> {
  const rows = await catalog.db.transaction(async (tx) => {
    const due = await tx
      .select({ id: endpoints.id })
      .from(endpoints)
      .innerJoin(tenants, eq(tenants.id, endpoints.tenantId))
      .where(isDueCheck)
      .orderBy(asc(endpoints.healthDueAt))
      .limit(most)
      .for('update', { of: endpoints, skipLocked: true });
    if (due.length === 0) return [];
    return tx
      .update(endpoints)
      .set({ healthDueAt: inMs(claimedForMs) })
      .where(
        inArray(
          endpoints.id,
          due.map(({ id }) => id),
        ),
      )
      .returning();
  });
  return rows.flatMap((row) => {
    const { id, generation, host, port, tlsMode, caPem, servicePasswordSealed: sealed } = row;
    if (sealed === null) return [];
    return {
      endpointId: id,
      generation,
      target: { host, port, database: row.defaultDatabase, user: row.serviceRole, tlsMode, caPem },
      password: () => catalog.sealer.open(sealed, servicePasswordPlace(id)),
    };
  });
}

/**
 * Of these endpoints as poolers see them, those for which that is news, or in place of a check that is due. One whose
 * limits were last read more than `limitsAgeMs` ago is left to a check.
 */
export async function newsOf(
  catalog: Catalog,
  states: ReadonlyMap<string, HealthState>,
  limitsAgeMs: number,
): Promise<readonly string[]> {
  if (states.size === 0) return [];
  const seen = JSON.stringify([...states].map(([id, state]) => ({ id, state })));
  const { rows } = await catalog.db.execute<{ id: string }>(sql`
    select endpoints.id
    from jsonb_to_recordset(${seen}::jsonb) as seen (id text, state text)
      join endpoints on endpoints.id = seen.id
    where endpoints.status = 'active' and (
      endpoints.health ->> 'state' <> seen.state
      or endpoints.health -> 'doubt' <> 'null'::jsonb
      or (endpoints.health_due_at <= now()
        and (endpoints.health ->> 'checkedAt')::timestamptz > now() - ${limitsAgeMs} * interval '1 millisecond'))`);
  return rows.map(({ id }) => id);
}

/**
 * Writes down what was seen; where the state or the budget is another one, the audit log and webhooks are told, and what
 * is published follows. Null: nothing is new, or the endpoint is not what it was. It may be called twice.
 */
export async function noteHealth(catalog: Catalog, what: SeenHealth): Promise<HealthNews | null> {
  const { endpointId, seen, generation, limits } = what;
  const news = await catalog.db.transaction(async (tx) => {
    const [found] = await tx
      .select({ row: endpoints, organisationId: tenants.organisationId })
      .from(endpoints)
      .innerJoin(tenants, eq(tenants.id, endpoints.tenantId))
      .where(and(eq(endpoints.id, endpointId), eq(endpoints.status, 'active')))
      .for('update', { of: endpoints });
    if (found === undefined || (generation !== undefined && generation !== found.row.generation)) return null;
    const { row: before } = found;
    const health = nextHealth(before.health, seen, Date.now());
    const isNew = limits !== undefined && differ(before, limits);
    const [after] = await tx
      .update(endpoints)
      .set({
        health,
        healthDueAt: inMs(what.againInMs(health)),
        ...(isNew && { ...limits, generation: sql`${endpoints.generation} + 1`, updatedAt: sql`now()` }),
      })
      .where(eq(endpoints.id, endpointId))
      .returning();
    if (isNew) await enqueue(tx, [after!]);
    return tell(tx, found.organisationId, before, after!);
  });
  if (news !== null) catalog.changed();
  return news;
}

async function tell(
  tx: CatalogTransaction,
  organisationId: string,
  before: EndpointRow,
  after: EndpointRow,
): Promise<HealthNews | null> {
  const { id: targetId, tenantId, health } = after;
  const { state } = health;
  const [old, now] = [sizingOf(before), sizingOf(after)];
  // Nobody asked for it: it is Weir's own change.
  const change = { tx, author: { organisationId } };
  const target = { targetId, tenantId };
  const isOther = state !== before.health.state;
  // That a new endpoint is well is no news.
  if (isOther && state !== 'unknown' && (state !== 'healthy' || before.health.state !== 'unknown')) {
    await note(change, {
      action: 'endpoint.change-health',
      ...target,
      before: { health: { state: before.health.state, code: before.health.code } },
      after: { health: { state, code: health.code } },
    });
  }
  if (old.budget !== now.budget) {
    await note(change, {
      action: 'endpoint.change-budget',
      ...target,
      before: { sizing: old },
      after: { sizing: now },
    });
  }
  if (!isOther && before.generation === after.generation) return null;
  const budget = old.budget === now.budget ? null : { before: old.budget, after: now.budget };
  return { endpointId: targetId, from: before.health.state, health, budget };
}

function differ(
  row: EndpointRow,
  { serverVersion, maxConnections, reservedConnections }: ServerLimits,
): boolean {
  return (
    row.serverVersion !== serverVersion ||
    row.maxConnections !== maxConnections ||
    row.reservedConnections !== reservedConnections
  );
}

function inMs(ms: number): SQL {
  return sql`now() + ${Math.round(ms)} * interval '1 millisecond'`;
}
