// Organisations in the catalog: who owns tenants and API keys.
import { and, asc, eq, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, Change } from './catalog.ts';
import { createdAfter, type Position } from './position.ts';
import { IdTakenError } from './records.ts';
import { organisations } from './schema.ts';

export type OrganisationRecord = typeof organisations.$inferSelect;

/** Throws IdTakenError. */
export async function createOrganisation(
  change: Change,
  organisation: { readonly id: string; readonly name: string },
): Promise<OrganisationRecord> {
  const [row] = await change.tx.insert(organisations).values(organisation).onConflictDoNothing().returning();
  if (row === undefined) throw new IdTakenError(`organisation id ${organisation.id} is taken`);
  await note(change, { action: 'organisation.create', targetId: row.id, after: { name: row.name } });
  return row;
}

export async function findOrganisation(catalog: Catalog, id: string): Promise<OrganisationRecord | null> {
  const [row] = await catalog.db.select().from(organisations).where(eq(organisations.id, id));
  return row ?? null;
}

/** A page of all organisations, oldest first; with `onlyId` at most that one. */
export function listOrganisations(
  catalog: Catalog,
  page: {
    readonly limit: number;
    readonly after?: Position | undefined;
    readonly onlyId?: string | undefined;
  },
): Promise<readonly OrganisationRecord[]> {
  const { after, onlyId } = page;
  return catalog.db
    .select()
    .from(organisations)
    .where(
      and(
        onlyId === undefined ? undefined : eq(organisations.id, onlyId),
        createdAfter(organisations, after),
      ),
    )
    .orderBy(asc(organisations.createdAt), asc(organisations.id))
    .limit(page.limit);
}

/**
 * Stands in the log of the organisation that is renamed. `absent`: there is none. `changed-meanwhile`: it is at none of
 * `ifGeneration`.
 */
export async function renameOrganisation(
  change: Change,
  id: string,
  name: string,
  ifGeneration?: readonly number[],
): Promise<OrganisationRecord | 'absent' | 'changed-meanwhile'> {
  const { tx } = change;
  const [before] = await tx.select().from(organisations).where(eq(organisations.id, id)).for('update');
  if (before === undefined) return 'absent';
  if (ifGeneration !== undefined && !ifGeneration.includes(before.generation)) return 'changed-meanwhile';
  const [row] = await tx
    .update(organisations)
    .set({ name, generation: sql`${organisations.generation} + 1`, updatedAt: sql`now()` })
    .where(eq(organisations.id, id))
    .returning();
  const shown = { before: { name: before.name }, after: { name } };
  await note(change, { action: 'organisation.change', targetId: id, organisationId: id, ...shown });
  return row!;
}
