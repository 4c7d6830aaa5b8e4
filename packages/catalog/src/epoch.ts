// The catalog's epoch: a number that rises whenever the catalog may have gone back in time. Shared state believes the higher one.
import { sql } from 'drizzle-orm';
import type { Catalog } from './catalog.ts';
import { catalogMeta } from './schema.ts';

/** The epoch that publications carry now. */
export async function readEpoch(catalog: Catalog): Promise<number> {
  const [meta] = await catalog.db.select({ epoch: catalogMeta.epoch }).from(catalogMeta);
  return meta!.epoch;
}

/** Raises the epoch above `above`, unless it is there already. Resolves to the epoch that holds afterwards. */
export async function raiseEpoch(catalog: Catalog, above: number): Promise<number> {
  const [meta] = await catalog.db
    .update(catalogMeta)
    .set({ epoch: sql`greatest(${catalogMeta.epoch}, ${above + 1})` })
    .returning({ epoch: catalogMeta.epoch });
  return meta!.epoch;
}

/**
 * Compares the server under the catalog with the one that was there last. Another one means that the catalog was
 * restored or failed over, and may lack generations that poolers have seen: the epoch rises.
 */
export async function epochAtStart(catalog: Catalog): Promise<void> {
  const fingerprint = await readFingerprint(catalog);
  if (fingerprint === null) return;
  await catalog.db.transaction(async (tx) => {
    const [meta] = await tx.select().from(catalogMeta).for('update');
    if (meta!.serverFingerprint === fingerprint) return;
    const epoch =
      meta!.serverFingerprint === null
        ? meta!.epoch
        : Math.max(meta!.epoch + 1, Math.floor(Date.now() / 1000));
    await tx.update(catalogMeta).set({ serverFingerprint: fingerprint, epoch });
  });
}

/** Null where the catalog's role may not read the control file. */
async function readFingerprint(catalog: Catalog): Promise<string | null> {
  try {
    const { rows } = await catalog.db.execute<{ fingerprint: string }>(sql`
      select s.system_identifier || '/' || c.timeline_id as fingerprint
      from pg_catalog.pg_control_system() s, pg_catalog.pg_control_checkpoint() c`);
    return rows[0]?.fingerprint ?? null;
  } catch {
    return null;
  }
}
