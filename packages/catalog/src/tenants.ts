// Tenants in the catalog: create with the first endpoint, read, change, retire with all endpoints.
import { and, asc, eq, isNull, ne, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, CatalogTransaction, Change } from './catalog.ts';
import { insertEndpoint, liveTenant, retireEndpoints } from './endpoints.ts';
import { enqueue } from './outbox.ts';
import { createdAfter, type Position } from './position.ts';
import {
  type EndpointRecord,
  IdTakenError,
  type LiveStatus,
  type NewEndpoint,
  type TenantRecord,
  type TenantRow,
} from './records.ts';
import { endpoints, tenants } from './schema.ts';

/** Tenant, endpoint, role and outbox row. Throws IdTakenError. */
export async function createTenant(
  change: Change,
  tenant: { readonly id: string; readonly name: string },
  endpoint: NewEndpoint,
): Promise<{ tenant: TenantRecord; endpoint: EndpointRecord }> {
  const { organisationId } = change.author;
  const [row] = await change.tx
    .insert(tenants)
    .values({ ...tenant, organisationId })
    .onConflictDoNothing()
    .returning();
  if (row === undefined) throw new IdTakenError(`tenant id ${tenant.id} is taken`);
  await note(change, { action: 'tenant.create', targetId: row.id, tenantId: row.id, after: shownOf(row) });
  const record = await insertEndpoint(change, tenant.id, endpoint);
  return { tenant: tenantRecord(row, 1), endpoint: record };
}

/** Null: the organisation has none of this id, or it was deleted. */
export async function findTenant(
  catalog: Catalog,
  organisationId: string,
  id: string,
): Promise<TenantRecord | null> {
  const [row] = await selectTenants(catalog.db, liveTenant(organisationId, id), 1);
  return row ?? null;
}

/** A page of an organisation's live tenants, oldest first. */
export function listTenants(
  catalog: Catalog,
  organisationId: string,
  page: {
    readonly limit: number;
    readonly after?: Position | undefined;
    /** What names begin with, whatever the case. */
    readonly name?: string | undefined;
    /** Left out: every one but the deleted. */
    readonly status?: TenantRecord['status'] | undefined;
  },
): Promise<readonly TenantRecord[]> {
  const { name, status } = page;
  const named =
    name === undefined
      ? undefined
      : sql`lower(${tenants.name}) like lower(${name.replace(/[\\%_]/g, '\\$&')}) || '%'`;
  return selectTenants(
    catalog.db,
    and(
      eq(tenants.organisationId, organisationId),
      status === 'deleted' ? waitsForPurge : ne(tenants.status, 'deleted'),
      status === undefined ? undefined : eq(tenants.status, status),
      named,
      createdAfter(tenants, page.after),
    ),
    page.limit,
  );
}

/**
 * Renames or suspends. Poolers know a tenant by its endpoints, so each of them is published anew. `absent`: no such
 * live tenant. `changed-meanwhile`: it is at none of `ifGeneration`.
 */
export async function changeTenant(
  change: Change,
  id: string,
  to: {
    readonly name?: string | undefined;
    readonly status?: LiveStatus | undefined;
    /** Why it is suspended; goes with the suspension. */
    readonly suspendedReason?: string | null | undefined;
  },
  ifGeneration?: readonly number[],
): Promise<TenantRecord | 'absent' | 'changed-meanwhile'> {
  const { tx } = change;
  const before = await lockTenant(change, id, ifGeneration);
  if (typeof before === 'string') return before;
  const [row] = await tx
    .update(tenants)
    .set({
      name: to.name,
      status: to.status,
      ...suspension(before, to),
      generation: sql`${tenants.generation} + 1`,
      updatedAt: sql`now()`,
    })
    .where(eq(tenants.id, id))
    .returning();
  const shown = { before: shownOf(before), after: shownOf(row!) };
  await note(change, { action: 'tenant.change', targetId: id, tenantId: id, ...shown });
  return tenantRecord(row!, await publishAnew(tx, id));
}

/**
 * Deletes a tenant. Its endpoints are published as deleted, but keep their secrets until `graceMs` have passed, in
 * which the deletion can be undone. Outcomes as of a change.
 */
export async function deleteTenant(
  change: Change,
  id: string,
  graceMs: number,
  ifGeneration?: readonly number[],
): Promise<'deleted' | 'absent' | 'changed-meanwhile'> {
  const { tx } = change;
  const before = await lockTenant(change, id, ifGeneration);
  if (typeof before === 'string') return before;
  await tx
    .update(tenants)
    .set({
      status: 'deleted',
      deletedAt: sql`now()`,
      purgeAt: sql`now() + ${graceMs} * interval '1 millisecond'`,
      generation: sql`${tenants.generation} + 1`,
      updatedAt: sql`now()`,
    })
    .where(eq(tenants.id, id));
  await note(change, { action: 'tenant.delete', targetId: id, tenantId: id, before: shownOf(before) });
  await publishAnew(tx, id);
  return 'deleted';
}

/** Takes a deletion back. Null: the organisation has no deleted tenant of this id, or its time is over. */
export async function undeleteTenant(change: Change, id: string): Promise<TenantRecord | null> {
  const { tx, author } = change;
  const [row] = await tx
    .update(tenants)
    .set({
      status: sql`case when ${tenants.suspendedAt} is null then 'active' else 'suspended' end`,
      deletedAt: null,
      purgeAt: null,
      generation: sql`${tenants.generation} + 1`,
      updatedAt: sql`now()`,
    })
    .where(
      and(
        eq(tenants.id, id),
        eq(tenants.organisationId, author.organisationId),
        waitsForPurge,
        sql`${tenants.purgeAt} > now()`,
      ),
    )
    .returning();
  if (row === undefined) return null;
  await note(change, { action: 'tenant.undelete', targetId: id, tenantId: id, after: shownOf(row) });
  return tenantRecord(row, await publishAnew(tx, id));
}

/** Takes the secrets of tenants whose time after their deletion is over. Resolves to how many there were. */
export function purgeTenants(catalog: Catalog, tenantsMax: number): Promise<number> {
  return catalog.db.transaction(async (tx) => {
    const due = await tx
      .select({ id: tenants.id })
      .from(tenants)
      .where(and(waitsForPurge, sql`${tenants.purgeAt} <= now()`))
      .orderBy(asc(tenants.purgeAt))
      .limit(tenantsMax)
      .for('update', { skipLocked: true });
    for (const { id } of due) {
      const left = await tx
        .select({ id: endpoints.id })
        .from(endpoints)
        .where(and(eq(endpoints.tenantId, id), ne(endpoints.status, 'deleted')));
      await retireEndpoints(
        tx,
        left.map((endpoint) => endpoint.id),
      );
      await tx.update(tenants).set({ purgedAt: sql`now()` }).where(eq(tenants.id, id));
    }
    return due.length;
  });
}

/** Deleted, and not yet without return. */
const waitsForPurge = and(eq(tenants.status, 'deleted'), isNull(tenants.purgedAt));

/** Raises the generation of a tenant's endpoints, since what poolers know of the tenant stands there. Resolves to their number. */
async function publishAnew(tx: CatalogTransaction, tenantId: string): Promise<number> {
  const changed = await tx
    .update(endpoints)
    .set({ generation: sql`${endpoints.generation} + 1` })
    .where(and(eq(endpoints.tenantId, tenantId), ne(endpoints.status, 'deleted')))
    .returning();
  await enqueue(tx, changed);
  return changed.length;
}

/** What is written of a suspension: nothing of it is left where there is none. */
function suspension(
  before: TenantRow,
  to: { readonly status?: LiveStatus | undefined; readonly suspendedReason?: string | null | undefined },
) {
  const status = to.status ?? before.status;
  if (status !== 'suspended') return { suspendedAt: null, suspendedReason: null };
  return {
    suspendedAt: before.suspendedAt ?? sql`now()`,
    ...(to.suspendedReason === undefined ? {} : { suspendedReason: to.suspendedReason }),
  };
}

/** What the audit log says of a tenant. */
function shownOf({ name, status, suspendedReason }: TenantRow) {
  return { name, status, suspendedReason };
}

async function lockTenant(
  { tx, author }: Change,
  id: string,
  ifGeneration: readonly number[] | undefined,
): Promise<TenantRow | 'absent' | 'changed-meanwhile'> {
  const [row] = await tx.select().from(tenants).where(liveTenant(author.organisationId, id)).for('update');
  if (row === undefined) return 'absent';
  return ifGeneration === undefined || ifGeneration.includes(row.generation) ? row : 'changed-meanwhile';
}

async function selectTenants(
  tx: Pick<CatalogTransaction, 'select'>,
  where: ReturnType<typeof and>,
  limit: number,
): Promise<readonly TenantRecord[]> {
  const rows = await tx
    .select({
      tenant: tenants,
      // Written out, since a column in here would lose its table's name and mean another one.
      endpointCount: sql<number>`(select count(*)::int from endpoints e where e.tenant_id = tenants.id and e.status <> 'deleted')`,
    })
    .from(tenants)
    .where(where)
    .orderBy(asc(tenants.createdAt), asc(tenants.id))
    .limit(limit);
  return rows.map(({ tenant, endpointCount }) => tenantRecord(tenant, endpointCount));
}

function tenantRecord(row: TenantRow, endpointCount: number): TenantRecord {
  const { id, organisationId, name, status, generation, suspendedReason, purgeAt, createdAt, updatedAt } =
    row;
  const state = { status, suspendedReason, purgeAt };
  return { id, organisationId, name, ...state, generation, endpointCount, createdAt, updatedAt };
}
