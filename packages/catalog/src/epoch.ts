// The catalog's epoch: a number that rises whenever the catalog may have gone back in time. Shared state believes the higher one.
import { sql } from 'drizzle-orm';
import type { Catalog } from './catalog.ts';
import { catalogMeta } from './schema.ts';

/** Raises the epoch above `above`, unless it is there already. Resolves to the epoch that holds afterwards. */
export async function raiseEpoch(catalog: Catalog, above: number): Promise<number> {
  const [meta] = await catalog.db
    .update(catalogMeta)
    .set({ epoch: sql`greatest(${catalogMeta.epoch}, ${above + 1})` })
    .returning({ epoch: catalogMeta.epoch });
  return meta!.epoch;
}

/**
 * The epoch that publications carry now. Compares where the catalog is with where it was last: another server or timeline
 * means a restore or a failover, another database or table a dump that was read in. It may lack generations that poolers
 * have seen then, and the epoch rises.
 */
export async function settledEpoch(catalog: Catalog): Promise<number> {
  const place = await readPlace(catalog);
  const { epoch, serverFingerprint } = catalogMeta;
  const later = Math.floor(Date.now() / 1000);
  await catalog.db
    .update(catalogMeta)
    .set({
      epoch: sql`case when ${serverFingerprint} is null then ${epoch} else greatest(${epoch} + 1, ${later}) end`,
      serverFingerprint: place,
    })
    .where(sql`${serverFingerprint} is distinct from ${place}`);
  const [meta] = await catalog.db.select({ epoch }).from(catalogMeta);
  return meta!.epoch;
}

/** Of the server only what the catalog's role may read: its control file may be closed to it. */
async function readPlace(catalog: Catalog): Promise<string> {
  const { rows } = await catalog.db.execute<{ inside: string; readable: boolean }>(sql`
    select d.oid || '/' || 'catalog_meta'::regclass::oid as inside,
      has_function_privilege('pg_catalog.pg_control_system()', 'execute')
        and has_function_privilege('pg_catalog.pg_control_checkpoint()', 'execute') as readable
    from pg_catalog.pg_database d where d.datname = current_database()`);
  const { inside, readable } = rows[0]!;
  if (!readable) return inside;
  const server = await catalog.db.execute<{ server: string }>(sql`
    select s.system_identifier || '/' || c.timeline_id as server
    from pg_catalog.pg_control_system() s, pg_catalog.pg_control_checkpoint() c`);
  return `${server.rows[0]!.server}/${inside}`;
}
