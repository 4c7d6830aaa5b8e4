// Which endpoints have DNS records, and where those lead: what is due is seen from the endpoint's own row.
import { and, asc, eq, gt, inArray, isNotNull, isNull, lt, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Catalog, CatalogTransaction } from './catalog.ts';
import { endpoints } from './schema.ts';

/** Any number, the same in each process: two at once could write what is older last. */
const lockKey = 5_710_946_201;

/** Noted before somebody is told of the first records: whatever becomes of that, they are taken back when it is deleted. */
const maybe = '';

/** An endpoint, and where it is. */
export interface PlacedEndpoint {
  readonly id: string;
  readonly region: string;
  readonly cell: string;
}

export interface DueEndpoint extends PlacedEndpoint {
  /** It is deleted, and its records are to go. */
  readonly isGone: boolean;
}

export interface PointingOptions {
  /** By cell: where records are to lead and who is told, in words that are others when either is another; not empty. */
  readonly targets: ReadonlyMap<string, string>;
  /** Most endpoints at once. */
  readonly endpointsMax: number;
  /** Calls `publish` also when nothing is due. */
  readonly evenIfNone: boolean;
}

/**
 * Hands endpoints that are to get records, to lose them, or whose records lead elsewhere to `publish`, and notes that
 * they lead to the target of their cell now. Resolves to how many there were; null while another process does it.
 */
export async function pointDueEndpoints(
  catalog: Catalog,
  { targets, endpointsMax, evenIfNone }: PointingOptions,
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
    const placesWhere = (condition: SQL | undefined, rowsMax: number) =>
      tx.select(place).from(endpoints).where(condition).orderBy(asc(endpoints.id)).limit(rowsMax);
    const isGone = and(eq(endpoints.status, 'deleted'), isNotNull(endpoints.dnsTarget));
    const gone = await placesWhere(isGone, endpointsMax);
    const elsewhere: PlacedEndpoint[] = [];
    for (const [cell, target] of targets) {
      // Not `<>`, for which no index helps.
      const isElsewhere = or(lt(endpoints.dnsTarget, target), gt(endpoints.dnsTarget, target));
      const left = endpointsMax - gone.length - elsewhere.length;
      elsewhere.push(...(await placesWhere(and(isLive, eq(endpoints.cell, cell), isElsewhere), left)));
    }
    const found = gone.length + elsewhere.length;
    if (found === 0 && !evenIfNone) return 0;
    await publish(
      [
        ...gone.map((one) => ({ ...one, isGone: true })),
        ...elsewhere.map((one) => ({ ...one, isGone: false })),
      ],
      tx,
    );
    // One that was deleted meanwhile is due again by what is noted here.
    const lead = async (to: readonly PlacedEndpoint[], dnsTarget: string | null) => {
      const ids = to.map(({ id }) => id);
      if (ids.length > 0) await tx.update(endpoints).set({ dnsTarget }).where(inArray(endpoints.id, ids));
    };
    await lead(gone, null);
    for (const [cell, target] of targets)
      await lead(
        elsewhere.filter((one) => one.cell === cell),
        target,
      );
    return found;
  });
}

/** Endpoints that are to have records. */
export function publishedEndpoints(tx: CatalogTransaction): Promise<readonly PlacedEndpoint[]> {
  return tx.select(place).from(endpoints).where(ne(endpoints.status, 'deleted'));
}

const place = { id: endpoints.id, region: endpoints.region, cell: endpoints.cell };
