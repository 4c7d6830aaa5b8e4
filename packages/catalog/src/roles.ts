// Roles of an endpoint in the catalog: list, keep, forget. How their passwords are rotated is in rotations.ts.
import { and, asc, eq, gt } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, Change } from './catalog.ts';
import { liveEndpoint } from './endpoints.ts';
import { publishAgain } from './outbox.ts';
import { type EndpointRow, type RoleRecord, type RoleSecret, roleRecord } from './records.ts';
import { writeRole } from './role-rows.ts';
import { endpoints, roles } from './schema.ts';

/** A page of an endpoint's roles by name, after `afterName`. */
export async function listRoles(
  catalog: Catalog,
  endpointId: string,
  page: { readonly limit: number; readonly afterName?: string | undefined },
): Promise<readonly RoleRecord[]> {
  const isAfter = page.afterName === undefined ? undefined : gt(roles.name, page.afterName);
  const rows = await catalog.db
    .select()
    .from(roles)
    .where(and(eq(roles.endpointId, endpointId), isAfter))
    .orderBy(asc(roles.name))
    .limit(page.limit);
  return rows.map(roleRecord);
}

/** Null: the endpoint has none of this name. */
export async function findRole(
  catalog: Catalog,
  endpointId: string,
  name: string,
): Promise<RoleRecord | null> {
  const [row] = await catalog.db
    .select()
    .from(roles)
    .where(and(eq(roles.endpointId, endpointId), eq(roles.name, name)));
  return row === undefined ? null : roleRecord(row);
}

/** Adds a role or replaces what is known of it. Null: the organisation has no such live endpoint. */
export async function keepRole(
  change: Change,
  endpointId: string,
  action: 'role.create' | 'role.import',
  secret: RoleSecret,
): Promise<RoleRecord | null> {
  const { tx, sealer } = change;
  const endpoint = await lockEndpoint(change, endpointId);
  if (endpoint === null) return null;
  const row = await writeRole(tx, sealer, endpointId, secret);
  await publishAgain(tx, [endpointId]);
  await note(change, {
    action,
    targetId: endpointId,
    tenantId: endpoint.tenantId,
    after: { role: secret.name },
    secrets: secret.password === null ? [] : ['role.password'],
  });
  return roleRecord(row);
}

/** Forgets a role with its secrets. `service`: Weir itself logs in as it. */
export async function forgetRole(
  change: Change,
  endpointId: string,
  name: string,
): Promise<'forgotten' | 'absent' | 'service'> {
  const { tx } = change;
  const endpoint = await lockEndpoint(change, endpointId);
  if (endpoint?.serviceRole === name) return 'service';
  const gone = await tx
    .delete(roles)
    .where(and(eq(roles.endpointId, endpointId), eq(roles.name, name)))
    .returning({ name: roles.name });
  if (endpoint === null || gone.length === 0) return 'absent';
  await publishAgain(tx, [endpointId]);
  await note(change, {
    action: 'role.delete',
    targetId: endpointId,
    tenantId: endpoint.tenantId,
    before: { role: name },
  });
  return 'forgotten';
}

/** Locks the endpoint whose roles are to change. Null: the organisation has no such live one. */
export async function lockEndpoint({ tx, author }: Change, endpointId: string): Promise<EndpointRow | null> {
  const [row] = await tx
    .select()
    .from(endpoints)
    .where(liveEndpoint(author.organisationId, endpointId))
    .for('update');
  return row ?? null;
}
