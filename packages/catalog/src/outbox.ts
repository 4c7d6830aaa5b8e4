// The outbox: which endpoints changed and were not sent to shared state yet. Who sends is the caller's part.
import { and, asc, inArray, isNull, lt, lte, max, sql } from 'drizzle-orm';
import type { Catalog, CatalogTransaction } from './catalog.ts';
import { type Publication, readPublications } from './publications.ts';
import type { EndpointRow } from './records.ts';
import { endpoints, outbox } from './schema.ts';

export const isUnsent = isNull(outbox.publishedAt);

/** Notes that these rows changed, in the transaction that changed them. */
export async function enqueue(tx: CatalogTransaction, rows: readonly EndpointRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.insert(outbox).values(rows.map((row) => ({ endpointId: row.id, generation: row.generation })));
}

/** Raises the generation of endpoints of which something else has changed that poolers have to know. */
export async function publishAgain(tx: CatalogTransaction, endpointIds: readonly string[]): Promise<void> {
  const rows = await tx
    .update(endpoints)
    .set({ generation: sql`${endpoints.generation} + 1`, updatedAt: sql`now()` })
    .where(inArray(endpoints.id, [...endpointIds]))
    .returning();
  await enqueue(tx, rows);
}

/** What became of one endpoint: sent; failed, to be tried again later; or nothing can be sent now, stop. */
export type SendOutcome = 'sent' | 'failed' | 'stop';

/** Longest pause before an endpoint whose publication failed by itself is tried again. */
const retryAfterMsMax = 60_000;

/**
 * Locks due rows that no other process holds, hands each endpoint's current state to `send`, and marks what was sent.
 * Resolves to how many rows were found, so that the caller goes on while there are some, and whether it was told to stop.
 */
export function sendDue(
  catalog: Catalog,
  rowsMax: number,
  send: (publication: Publication) => Promise<SendOutcome>,
): Promise<{ readonly found: number; readonly stopped: boolean }> {
  return catalog.db.transaction(async (tx) => {
    const due = await tx
      .select({ id: outbox.id, endpointId: outbox.endpointId })
      .from(outbox)
      .where(and(isUnsent, lte(outbox.dueAt, sql`now()`)))
      .orderBy(asc(outbox.dueAt), asc(outbox.id))
      .limit(rowsMax)
      .for('update', { skipLocked: true });
    // Read after the lock, so that what is sent is at least as new as the rows that are marked.
    const publications = await readPublications(tx, catalog, [...new Set(due.map((row) => row.endpointId))]);
    let stopped = false;
    for (const publication of publications) {
      const outcome = await send(publication);
      if (outcome === 'stop') {
        stopped = true;
        break;
      }
      const ids = due.filter((row) => row.endpointId === publication.endpointId).map((row) => row.id);
      await (outcome === 'sent' ? markSent(tx, ids) : putOff(tx, ids));
    }
    return { found: due.length, stopped };
  });
}

/** Rows that wait to be sent. */
export async function countUnsent(catalog: Catalog): Promise<number> {
  return catalog.db.$count(outbox, isUnsent);
}

/** The row of the last change of these endpoints that was not sent, for `areSent`; 0: there is none. */
export async function lastUnsentOf(catalog: Catalog, endpointIds: readonly string[]): Promise<number> {
  const [row] = await catalog.db
    .select({ id: max(outbox.id) })
    .from(outbox)
    .where(and(isUnsent, inArray(outbox.endpointId, [...endpointIds])));
  return row?.id ?? 0;
}

/** Whether all that was changed of these endpoints, up to a row, was sent. */
export async function areSent(
  catalog: Catalog,
  endpointIds: readonly string[],
  upTo: number,
): Promise<boolean> {
  const unsent = and(isUnsent, inArray(outbox.endpointId, [...endpointIds]), lte(outbox.id, upTo));
  return (await catalog.db.$count(outbox, unsent)) === 0;
}

/** Deletes rows that were sent more than a day ago. */
export async function forgetSent(catalog: Catalog): Promise<void> {
  await catalog.db.delete(outbox).where(lt(outbox.publishedAt, sql`now() - interval '1 day'`));
}

async function markSent(tx: CatalogTransaction, ids: readonly number[]): Promise<void> {
  await tx
    .update(outbox)
    .set({ publishedAt: sql`now()` })
    .where(inArray(outbox.id, [...ids]));
}

async function putOff(tx: CatalogTransaction, ids: readonly number[]): Promise<void> {
  await tx
    .update(outbox)
    .set({
      attempts: sql`${outbox.attempts} + 1`,
      dueAt: sql`now() + least(power(2, least(${outbox.attempts}, 20)) * 1000, ${retryAfterMsMax}) * interval '1 millisecond'`,
    })
    .where(inArray(outbox.id, [...ids]));
}
