// Which endpoints have DNS records, and where those lead: what is due is seen from the endpoint's own row.
import { and, asc, eq, gt, inArray, isNotNull, isNull, lt, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Catalog, CatalogTransaction } from './catalog.ts';
import { endpoints } from './schema.ts';

/** Any number, the same in each process: two at once could write what is older last. */
const lockKey = 5_710_946_201;

/** Noted before somebody is told of the first records: whatever becomes of that, they are taken back when it is deleted. */
const maybe = '';

export interface DueEndpoint {
  readonly id: string;
  /** It is deleted, and its records are to go. */
  readonly isGone: boolean;
}

export interface PointingOptions {
  /** Where records are to lead and who is told, in words that are others when either is another; not empty. */
  readonly target: string;
  /** Most endpoints at once. */
  readonly endpointsMax: number;
  /** Calls `publish` also when nothing is due. */
  readonly evenIfNone: boolean;
}

/**
 * Hands endpoints that are to get records, to lose them, or whose records lead elsewhere to `publish`, and notes that
 * they lead to `target` now. Resolves to how many there were; null while another process does it.
 */
export async function pointDueEndpoints(
  catalog: Catalog,
  { target, endpointsMax, evenIfNone }: PointingOptions,
  publish: (due: readonly DueEndpoint[], tx: CatalogTransaction) => Promise<void>,
): Promise<number | null> {
  const isLive = ne(endpoints.status, 'deleted');
  const withoutRecords = catalog.db
    .select({ id: endpoints.id })
    .from(endpoints)
    .where(and(isLive, isNull(endpoints.dnsTarget)))
    .limit(endpointsMax);
  await catalog.db.update(endpoints).set({ dnsTarget: maybe }).where(inArray(endpoints.id, withoutRecords));
  return catalog.db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ locked: boolean }>(
      sql`select pg_try_advisory_xact_lock(${lockKey}) as locked`,
    );
    if (rows[0]?.locked !== true) return null;
    const idsWhere = async (condition: SQL | undefined, rowsMax: number) => {
      const query = tx.select({ id: endpoints.id }).from(endpoints).where(condition);
      return (await query.orderBy(asc(endpoints.id)).limit(rowsMax)).map(({ id }) => id);
    };
    const isGone = and(eq(endpoints.status, 'deleted'), isNotNull(endpoints.dnsTarget));
    const gone = await idsWhere(isGone, endpointsMax);
    // Not `<>`, for which no index helps.
    const isElsewhere = or(lt(endpoints.dnsTarget, target), gt(endpoints.dnsTarget, target));
    const elsewhere = await idsWhere(and(isLive, isElsewhere), endpointsMax - gone.length);
    const found = gone.length + elsewhere.length;
    if (found === 0 && !evenIfNone) return 0;
    await publish(
      [...gone.map((id) => ({ id, isGone: true })), ...elsewhere.map((id) => ({ id, isGone: false }))],
      tx,
    );
    // One that was deleted meanwhile is due again by what is noted here.
    for (const [ids, dnsTarget] of [
      [gone, null],
      [elsewhere, target],
    ] as const)
      if (ids.length > 0) await tx.update(endpoints).set({ dnsTarget }).where(inArray(endpoints.id, ids));
    return found;
  });
}

/** Endpoints that are to have records. */
export async function publishedEndpointIds(tx: CatalogTransaction): Promise<readonly string[]> {
  const rows = await tx.select({ id: endpoints.id }).from(endpoints).where(ne(endpoints.status, 'deleted'));
  return rows.map(({ id }) => id);
}
