// Tenants in the catalog: create with the first endpoint, read, change, retire with all endpoints.
import { and, asc, eq, ne, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, CatalogTransaction, Change } from './catalog.ts';
import { insertEndpoint, liveTenant, retireEndpoints } from './endpoints.ts';
import type { Position } from './organisations.ts';
import { enqueue } from './outbox.ts';
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
    readonly status?: LiveStatus | undefined;
  },
): Promise<readonly TenantRecord[]> {
  const { name, status } = page;
  const named =
    name === undefined
      ? undefined
      : sql`lower(${tenants.name}) like lower(${name.replace(/[\\%_]/g, '\\$&')}) || '%'`;
  const after =
    page.after === undefined
      ? undefined
      : sql`(${tenants.createdAt}, ${tenants.id}) > (${page.after.createdAt.toISOString()}::timestamptz, ${page.after.id})`;
  return selectTenants(
    catalog.db,
    and(
      eq(tenants.organisationId, organisationId),
      ne(tenants.status, 'deleted'),
      status === undefined ? undefined : eq(tenants.status, status),
      named,
      after,
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
  to: { readonly name?: string | undefined; readonly status?: LiveStatus | undefined },
  ifGeneration?: readonly number[],
): Promise<TenantRecord | 'absent' | 'changed-meanwhile'> {
  const { tx } = change;
  const before = await lockTenant(change, id, ifGeneration);
  if (typeof before === 'string') return before;
  const [row] = await tx
    .update(tenants)
    .set({ ...to, generation: sql`${tenants.generation} + 1`, updatedAt: sql`now()` })
    .where(eq(tenants.id, id))
    .returning();
  const shown = { before: shownOf(before), after: shownOf(row!) };
  await note(change, { action: 'tenant.change', targetId: id, tenantId: id, ...shown });
  const changed = await tx
    .update(endpoints)
    .set({ generation: sql`${endpoints.generation} + 1` })
    .where(and(eq(endpoints.tenantId, id), ne(endpoints.status, 'deleted')))
    .returning();
  await enqueue(tx, changed);
  return tenantRecord(row!, changed.length);
}

/** Deletes a tenant and turns its endpoints into tombstones. Outcomes as of a change. */
export async function retireTenant(
  change: Change,
  id: string,
  ifGeneration?: readonly number[],
): Promise<'deleted' | 'absent' | 'changed-meanwhile'> {
  const { tx } = change;
  const before = await lockTenant(change, id, ifGeneration);
  if (typeof before === 'string') return before;
  await tx
    .update(tenants)
    .set({ status: 'deleted', generation: sql`${tenants.generation} + 1`, updatedAt: sql`now()` })
    .where(eq(tenants.id, id));
  await note(change, { action: 'tenant.delete', targetId: id, tenantId: id, before: shownOf(before) });
  const live = await tx
    .select({ id: endpoints.id })
    .from(endpoints)
    .where(and(eq(endpoints.tenantId, id), ne(endpoints.status, 'deleted')))
    .orderBy(asc(endpoints.id))
    .for('update');
  await retireEndpoints(
    change,
    live.map((endpoint) => endpoint.id),
  );
  return 'deleted';
}

/** What the audit log says of a tenant. */
function shownOf({ name, status }: TenantRow) {
  return { name, status };
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
  const { id, organisationId, name, generation, createdAt, updatedAt } = row;
  const status = row.status as LiveStatus;
  return { id, organisationId, name, status, generation, endpointCount, createdAt, updatedAt };
}
