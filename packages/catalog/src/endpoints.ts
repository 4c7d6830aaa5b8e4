// Endpoints in the catalog: create, read, change, retire; each change leaves its outbox row in the same transaction.
import { type EndpointKind, nextHealth, unknownHealth } from '@weir/tenancy';
import { and, asc, eq, gt, inArray, ne, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, CatalogTransaction, Change } from './catalog.ts';
import { enqueue } from './outbox.ts';
import {
  type EndpointChange,
  type EndpointRecord,
  type EndpointRow,
  endpointRecord,
  IdTakenError,
  type NewEndpoint,
  type ProbedUpstream,
} from './records.ts';
import { writeRole } from './role-rows.ts';
import { endpoints, roles, tenants } from './schema.ts';
import { CatalogSealError, type Sealer } from './sealer.ts';

/** Null: the organisation has no such live tenant. Throws IdTakenError. */
export async function createEndpoint(
  change: Change,
  tenantId: string,
  input: NewEndpoint,
): Promise<EndpointRecord | null> {
  // Shared, so that a tenant is not deleted under an endpoint that is just being made.
  const [tenant] = await change.tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(liveTenant(change.author.organisationId, tenantId))
    .for('share');
  return tenant === undefined ? null : insertEndpoint(change, tenantId, input);
}

/** Part of a creation. Throws IdTakenError. */
export async function insertEndpoint(
  change: Change,
  tenantId: string,
  input: NewEndpoint,
): Promise<EndpointRecord> {
  const { tx, sealer } = change;
  const { id, kind, region, cell, probed, ramBytes, sizing, settings, authQuery } = input;
  const [row] = await tx
    .insert(endpoints)
    .values({
      id,
      tenantId,
      kind,
      region,
      cell,
      ...probedColumns(sealer, id, probed),
      ramBytes,
      ...sizing,
      ...settings,
      authQuery,
    })
    .onConflictDoNothing({ target: endpoints.id })
    .returning();
  if (row === undefined) throw new IdTakenError(`endpoint id ${id} is taken`);
  await writeRole(tx, sealer, id, probed.service);
  await enqueue(tx, [row]);
  const record = endpointRecord(row, await rolesOf(tx, [id]));
  await note(change, {
    action: 'endpoint.create',
    targetId: id,
    tenantId,
    after: shownOf(record),
    secrets: ['upstream.password'],
  });
  return record;
}

/** Null: the organisation has none of this id, or it was deleted. */
export async function findEndpoint(
  catalog: Catalog,
  organisationId: string,
  id: string,
): Promise<EndpointRecord | null> {
  const [row] = await catalog.db.select().from(endpoints).where(liveEndpoint(organisationId, id));
  return row === undefined ? null : endpointRecord(row, await rolesOf(catalog.db, [id]));
}

/** The tenant, if it is the organisation's and was not deleted. */
export function liveTenant(organisationId: string, id: string) {
  return and(eq(tenants.id, id), eq(tenants.organisationId, organisationId), ne(tenants.status, 'deleted'));
}

/** The endpoint, if a tenant of the organisation has it and it was not deleted. */
export function liveEndpoint(organisationId: string, id: string) {
  return and(
    eq(endpoints.id, id),
    ne(endpoints.status, 'deleted'),
    sql`exists (select from ${tenants} where ${tenants.id} = ${endpoints.tenantId} and ${tenants.organisationId} = ${organisationId} and ${tenants.status} <> 'deleted')`,
  );
}

/** A page of a tenant's endpoints by id, after `afterId`. */
export async function listEndpoints(
  catalog: Catalog,
  tenantId: string,
  page: {
    readonly limit: number;
    readonly afterId?: string | undefined;
    readonly kind?: EndpointKind | undefined;
    readonly region?: string | undefined;
    readonly cell?: string | undefined;
  },
): Promise<readonly EndpointRecord[]> {
  const rows = await catalog.db
    .select()
    .from(endpoints)
    .where(
      and(
        eq(endpoints.tenantId, tenantId),
        ne(endpoints.status, 'deleted'),
        page.kind === undefined ? undefined : eq(endpoints.kind, page.kind),
        page.region === undefined ? undefined : eq(endpoints.region, page.region),
        page.cell === undefined ? undefined : eq(endpoints.cell, page.cell),
        page.afterId === undefined ? undefined : gt(endpoints.id, page.afterId),
      ),
    )
    .orderBy(asc(endpoints.id))
    .limit(page.limit);
  const roleRows = await rolesOf(
    catalog.db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => endpointRecord(row, roleRows));
}

/** The password that Weir logs in with; for a new probe only. Null: no such live endpoint. Throws CatalogSealError. */
export async function openServicePassword(catalog: Catalog, id: string): Promise<string | null> {
  const [row] = await catalog.db
    .select({ sealed: endpoints.servicePasswordSealed })
    .from(endpoints)
    .where(eq(endpoints.id, id));
  return row?.sealed == null ? null : catalog.sealer.open(row.sealed, servicePasswordPlace(id));
}

/**
 * Applies `to`. `absent`: no such live endpoint. `changed-meanwhile`: it is at none of `ifGeneration`,
 * on which the change was decided.
 */
export async function changeEndpoint(
  change: Change,
  id: string,
  to: EndpointChange,
  ifGeneration?: readonly number[],
): Promise<EndpointRecord | 'absent' | 'changed-meanwhile'> {
  const { tx, sealer, author } = change;
  const [before] = await tx
    .select()
    .from(endpoints)
    .where(liveEndpoint(author.organisationId, id))
    .for('update');
  if (before === undefined) return 'absent';
  if (ifGeneration !== undefined && !ifGeneration.includes(before.generation)) return 'changed-meanwhile';
  const { probed } = to;
  const recordBefore = endpointRecord(before, await rolesOf(tx, [id]));
  const [row] = await tx
    .update(endpoints)
    .set({
      status: to.status,
      ramBytes: to.ramBytes,
      authQuery: to.authQuery,
      ...to.sizing,
      ...to.settings,
      ...(probed === undefined ? {} : probedColumns(sealer, id, probed)),
      generation: sql`${endpoints.generation} + 1`,
      updatedAt: sql`now()`,
    })
    .where(eq(endpoints.id, id))
    .returning();
  if (probed !== undefined) {
    // The role that Weir used before may not even exist on the server it uses from now on.
    if (before.serviceRole !== probed.service.name) {
      await tx.delete(roles).where(and(eq(roles.endpointId, id), eq(roles.name, before.serviceRole)));
    }
    await writeRole(tx, sealer, id, probed.service);
  }
  await enqueue(tx, [row!]);
  const record = endpointRecord(row!, await rolesOf(tx, [id]));
  await note(change, {
    action: 'endpoint.change',
    targetId: id,
    tenantId: before.tenantId,
    before: shownOf(recordBefore),
    after: shownOf(record),
    secrets: probed !== undefined && isNewPassword(sealer, before, probed) ? ['upstream.password'] : [],
  });
  return record;
}

/** Turns the endpoint into a tombstone without secrets. Outcomes as of a change. */
export async function retireEndpoint(
  change: Change,
  id: string,
  ifGeneration?: readonly number[],
): Promise<'deleted' | 'absent' | 'changed-meanwhile'> {
  const { tx, author } = change;
  const [live] = await tx
    .select({ generation: endpoints.generation, tenantId: endpoints.tenantId })
    .from(endpoints)
    .where(liveEndpoint(author.organisationId, id))
    .for('update');
  if (live === undefined) return 'absent';
  if (ifGeneration !== undefined && !ifGeneration.includes(live.generation)) return 'changed-meanwhile';
  await retireEndpoints(tx, [id]);
  await note(change, { action: 'endpoint.delete', targetId: id, tenantId: live.tenantId });
  return 'deleted';
}

/** Part of a deletion. */
export async function retireEndpoints(
  tx: CatalogTransaction,
  ids: readonly string[],
): Promise<readonly EndpointRow[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .update(endpoints)
    .set({
      status: 'deleted',
      servicePasswordSealed: null,
      generation: sql`${endpoints.generation} + 1`,
      updatedAt: sql`now()`,
    })
    .where(and(inArray(endpoints.id, [...ids]), ne(endpoints.status, 'deleted')))
    .returning();
  await tx.delete(roles).where(inArray(roles.endpointId, [...ids]));
  await enqueue(tx, rows);
  return rows;
}

/** What the audit log says of an endpoint. */
function shownOf(record: EndpointRecord) {
  const {
    upstream,
    defaultDatabase,
    serviceRole,
    status,
    kind,
    region,
    cell,
    sizing,
    settings,
    authQuery,
    roles,
  } = record;
  return {
    status,
    kind,
    region,
    cell,
    upstream: { ...upstream, database: defaultDatabase, user: serviceRole },
    sizing,
    settings,
    authQuery,
    roles: roles.map((role) => role.name),
  };
}

function isNewPassword(sealer: Sealer, before: EndpointRow, { service }: ProbedUpstream): boolean {
  if (before.servicePasswordSealed === null) return true;
  try {
    return sealer.open(before.servicePasswordSealed, servicePasswordPlace(before.id)) !== service.password;
  } catch (error) {
    // One that does not open is being replaced by one that does.
    if (error instanceof CatalogSealError) return true;
    throw error;
  }
}

export async function rolesOf(tx: Pick<CatalogTransaction, 'select'>, endpointIds: readonly string[]) {
  if (endpointIds.length === 0) return [];
  return tx
    .select()
    .from(roles)
    .where(inArray(roles.endpointId, [...endpointIds]))
    .orderBy(asc(roles.name));
}

export function servicePasswordPlace(endpointId: string) {
  return ['endpoints', 'service_password', endpointId] as const;
}

const wellSeen = { state: 'healthy', code: null, latencyMs: null, by: 'check' } as const;

function probedColumns(sealer: Sealer, endpointId: string, probed: ProbedUpstream) {
  const { upstream, service } = probed;
  return {
    upstreamId: upstream.id,
    host: upstream.host,
    port: upstream.port,
    tlsMode: upstream.tlsMode,
    caPem: upstream.caPem,
    serverVersion: upstream.serverVersion,
    defaultDatabase: probed.defaultDatabase,
    maxConnections: probed.maxConnections,
    reservedConnections: probed.reservedConnections,
    serviceRole: service.name,
    servicePasswordSealed: sealer.seal(service.password, servicePasswordPlace(endpointId)),
    // It has just been tried out.
    health: nextHealth(unknownHealth, wellSeen, Date.now()),
    healthDueAt: sql`now() + interval '1 minute' * (24 + random() * 12)`,
  };
}
