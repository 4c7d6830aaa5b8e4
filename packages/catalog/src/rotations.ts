// Rotations of roles' passwords: begun before the database is told, finished after, so that at no time one is lost.
import { and, asc, eq, isNotNull, ne, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, CatalogTransaction, Change } from './catalog.ts';
import { liveEndpoint, servicePasswordPlace } from './endpoints.ts';
import { publishAgain } from './outbox.ts';
import { type RoleRecord, type RoleRow, roleRecord } from './records.ts';
import { openRolePasswords, sealPreviousPassword, sealRolePassword } from './role-rows.ts';
import { endpoints, roles } from './schema.ts';

/** A role's secret, opened. */
export interface OpenedRole {
  readonly verifier: string;
  readonly password: string;
  /** Not null: a rotation was begun and not finished; the database has this one or `password`. */
  readonly previousPassword: string | null;
}

/** `unknown`: the endpoint has no such role. `no-password`: its password is not kept. Throws CatalogSealError. */
export async function openRole(
  catalog: Catalog,
  organisationId: string,
  endpointId: string,
  name: string,
): Promise<OpenedRole | 'unknown' | 'no-password'> {
  const [found] = await catalog.db
    .select({ role: roles })
    .from(roles)
    .innerJoin(endpoints, eq(roles.endpointId, endpoints.id))
    .where(and(liveEndpoint(organisationId, endpointId), eq(roles.name, name)));
  if (found === undefined) return 'unknown';
  const { verifier } = found.role;
  const { password, previousPassword } = openRolePasswords(catalog.sealer, found.role);
  if (verifier === null || password === null) return 'no-password';
  return { verifier, password, previousPassword };
}

/** What a rotation has touched, as it was before. */
export type BeforeRotation = readonly RoleRow[];

/**
 * Writes a new password beside the present one, for every endpoint of the tenant on the same server that knows the
 * role: from now on clients may use either, and poolers try both at the server. `changed-meanwhile`: the role is not
 * as it was when `was` was read.
 */
export async function beginRotation(
  change: Change,
  endpointId: string,
  name: string,
  was: OpenedRole,
  next: { readonly verifier: string; readonly password: string },
): Promise<BeforeRotation | 'changed-meanwhile'> {
  const { tx, sealer } = change;
  const { rows: before } = await lockOnServer(change, endpointId, name);
  const own = before.find((row) => row.endpointId === endpointId);
  if (own === undefined) return 'changed-meanwhile';
  const isAsItWas =
    own.verifier === was.verifier && own.previousPasswordSealed === null && own.passwordSealed !== null;
  if (!isAsItWas) return 'changed-meanwhile';
  for (const row of before) {
    await writeRow(tx, row, {
      verifier: next.verifier,
      verifierIsServers: false,
      passwordSealed: sealRolePassword(sealer, row, next.password),
      // The role's own older one stays behind: one exchange takes two passwords, not three.
      previousVerifier: was.verifier,
      previousPasswordSealed: sealPreviousPassword(sealer, row, was.password),
      previousUntil: null,
    });
  }
  await publishAgain(tx, endpointIdsOf(before));
  return before;
}

/** The database has the new password: the previous one opens for `overlapMs` more. Null: there is no such rotation. */
export async function finishRotation(
  change: Change,
  endpointId: string,
  name: string,
  overlapMs: number,
): Promise<RoleRecord | null> {
  const { tx, sealer } = change;
  const { tenantId, rows } = await lockOnServer(change, endpointId, name);
  const begun = rows.filter((row) => row.previousPasswordSealed !== null);
  let own: RoleRow | null = null;
  for (const row of begun) {
    const written = await writeRow(tx, row, {
      // The database was given this very text.
      verifierIsServers: true,
      previousVerifier: overlapMs > 0 ? row.previousVerifier : null,
      previousPasswordSealed: null,
      previousUntil: overlapMs > 0 ? sql`now() + ${overlapMs} * interval '1 millisecond'` : null,
      rotatedAt: sql`now()`,
    });
    const { password } = openRolePasswords(sealer, row);
    await tx
      .update(endpoints)
      .set({ servicePasswordSealed: sealer.seal(password!, servicePasswordPlace(row.endpointId)) })
      .where(and(eq(endpoints.id, row.endpointId), eq(endpoints.serviceRole, name)));
    if (row.endpointId === endpointId) own = written;
  }
  if (own === null) return null;
  await publishAgain(tx, endpointIdsOf(begun));
  await note(change, {
    action: 'role.rotate',
    targetId: endpointId,
    tenantId,
    after: { role: name, overlapMs },
    secrets: ['role.password'],
  });
  return roleRecord(own);
}

/**
 * The previous password opens nothing any more, at every endpoint that was rotated with this one; where there is no
 * overlap, nothing changes. `unfinished`: the database may still have the previous one.
 */
export async function endOverlap(
  change: Change,
  endpointId: string,
  name: string,
): Promise<RoleRecord | 'absent' | 'unfinished'> {
  const { tenantId, rows } = await lockOnServer(change, endpointId, name);
  const own = rows.find((row) => row.endpointId === endpointId);
  if (own === undefined) return 'absent';
  if (rows.some((row) => row.previousPasswordSealed !== null)) return 'unfinished';
  if (own.previousVerifier === null) return roleRecord(own);
  const overlapping = rows.filter((row) => row.previousVerifier === own.previousVerifier);
  const columns = { previousVerifier: null, previousUntil: null };
  let written = own;
  for (const row of overlapping) {
    const without = await writeRow(change.tx, row, columns);
    if (row.endpointId === endpointId) written = without;
  }
  await publishAgain(change.tx, endpointIdsOf(overlapping));
  await note(change, { action: 'role.end-overlap', targetId: endpointId, tenantId, after: { role: name } });
  return roleRecord(written);
}

/** The database refused the new password: everything is as it was. */
export async function undoRotation({ tx }: Change, before: BeforeRotation): Promise<void> {
  for (const row of before) await writeRow(tx, row, row);
  await publishAgain(tx, endpointIdsOf(before));
}

export function endpointIdsOf(rows: BeforeRotation): readonly string[] {
  return rows.map((row) => row.endpointId);
}

/** The rows of one role over the tenant's endpoints on one server; none if the endpoint is not there. */
async function lockOnServer(
  { tx, author }: Change,
  endpointId: string,
  name: string,
): Promise<{ readonly tenantId: string; readonly rows: readonly RoleRow[] }> {
  const [endpoint] = await tx
    .select({ tenantId: endpoints.tenantId, upstreamId: endpoints.upstreamId })
    .from(endpoints)
    .where(liveEndpoint(author.organisationId, endpointId));
  if (endpoint === undefined) return { tenantId: '', rows: [] };
  const { tenantId, upstreamId } = endpoint;
  // In one order, and endpoints before their roles, as every change locks them.
  const found = await tx
    .select({ role: roles })
    .from(endpoints)
    .innerJoin(roles, eq(roles.endpointId, endpoints.id))
    .where(
      and(
        eq(roles.name, name),
        isNotNull(roles.verifier),
        eq(endpoints.tenantId, tenantId),
        ne(endpoints.status, 'deleted'),
        // A server that names itself has one name for all of its addresses.
        sql`split_part(${endpoints.upstreamId}, '@', 1) = split_part(${upstreamId}, '@', 1)`,
      ),
    )
    .orderBy(asc(endpoints.id))
    .for('update');
  return { tenantId, rows: found.map(({ role }) => role) };
}

type RoleTime = Date | null | ReturnType<typeof sql>;
type RoleColumns = Omit<Partial<typeof roles.$inferInsert>, 'previousUntil' | 'rotatedAt'> & {
  readonly previousUntil?: RoleTime;
  readonly rotatedAt?: RoleTime;
};

async function writeRow(tx: CatalogTransaction, row: RoleRow, columns: RoleColumns): Promise<RoleRow> {
  const [written] = await tx
    .update(roles)
    .set({ ...columns, updatedAt: sql`now()` })
    .where(and(eq(roles.endpointId, row.endpointId), eq(roles.name, row.name)))
    .returning();
  return written!;
}
