// Cells in the catalog: those of the configuration, and whether it leaves out one that still has endpoints.
import { and, asc, eq, ne } from 'drizzle-orm';
import type { Catalog } from './catalog.ts';
import { cells, endpoints } from './schema.ts';

/** A cell and the region that it is in. */
export interface Cell {
  readonly id: string;
  readonly region: string;
}

/** Cells cannot be as they are configured; the text says which. */
export class CellsError extends Error {
  override name = 'CellsError';
}

/** Writes the cells that are new. Rejects with CellsError for one in another region, and for one left out though it serves endpoints. */
export async function settleCells(catalog: Catalog, configured: readonly Cell[]): Promise<void> {
  await catalog.db
    .insert(cells)
    .values(configured.map(({ id, region }) => ({ id, region })))
    .onConflictDoNothing();
  for (const { id, region } of await catalog.db.select().from(cells)) {
    const named = configured.find((cell) => cell.id === id);
    if (named !== undefined && named.region !== region)
      throw new CellsError(`cell ${id} is in region ${region}, and cannot be in ${named.region}`);
    if (named === undefined && (await servesEndpoints(catalog, id)))
      throw new CellsError(`cell ${id} of region ${region} still has endpoints, and must be named`);
  }
}

/** The cells of a tenant's live endpoints, of its first one first. */
export async function cellsOf(catalog: Catalog, tenantId: string): Promise<readonly string[]> {
  const rows = await catalog.db
    .select({ cell: endpoints.cell })
    .from(endpoints)
    .where(and(eq(endpoints.tenantId, tenantId), ne(endpoints.status, 'deleted')))
    .orderBy(asc(endpoints.createdAt), asc(endpoints.id));
  return [...new Set(rows.map(({ cell }) => cell))];
}

async function servesEndpoints(catalog: Catalog, cell: string): Promise<boolean> {
  const found = await catalog.db
    .select({ id: endpoints.id })
    .from(endpoints)
    .where(and(eq(endpoints.cell, cell), ne(endpoints.status, 'deleted')))
    .limit(1);
  return found.length > 0;
}
