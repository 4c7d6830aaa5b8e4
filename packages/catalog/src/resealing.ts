// Sealing again with the key that seals now what older keys have sealed, and the count of what each key still seals.
import { and, asc, eq, inArray, isNotNull, type SQL, sql } from 'drizzle-orm';
import type { Catalog, CatalogTransaction } from './catalog.ts';
import { type SealedColumn, type SealedKind, sealedColumns, sealedKinds } from './sealed-columns.ts';
import { CatalogSealError } from './sealer.ts';

/** How many secrets of each kind a key has sealed. */
export type SealedCounts = Readonly<Record<SealedKind, number>>;

export interface Resealed {
  readonly sealedAgain: number;
  /** Rows whose secret does not open although its key is there, by what is wrong. They stay as they are. */
  readonly failures: readonly CatalogSealError[];
}

// A transaction's worth: whoever wants to change one of these rows waits for it, which is milliseconds.
const rowsPerBatch = 50;

/**
 * Seals again whatever a key has sealed that is in hand and not the first. May be ended and begun anew at any time, and run
 * at several places at once: a row is opened and sealed under its lock. Rejects with the catalog's error.
 */
export async function sealAgain(catalog: Catalog, stopping: () => boolean): Promise<Resealed> {
  let sealedAgain = 0;
  const failures: CatalogSealError[] = [];
  for (const column of sealedColumns) {
    let after: readonly string[] | null = null;
    do {
      const batch: Batch = await sealBatchAgain(catalog, column, after);
      sealedAgain += batch.sealedAgain;
      failures.push(...batch.failures);
      after = batch.last;
    } while (after !== null && !stopping());
  }
  return { sealedAgain, failures };
}

/** What each key seals in the catalog, by the key's id; keys that seal nothing are left out. */
export async function countSealed(catalog: Catalog): Promise<ReadonlyMap<string, SealedCounts>> {
  const counts = new Map<string, Record<SealedKind, number>>();
  for (const { kind, table, column } of sealedColumns) {
    const keyId = keyIdOf(column);
    const found = await catalog.db
      .select({ keyId, count: sql<number>`count(*)::int` })
      .from(table)
      .where(isNotNull(column))
      .groupBy(keyId);
    for (const { keyId, count } of found) {
      const ofKey = counts.get(keyId) ?? noneSealed();
      ofKey[kind] += count;
      counts.set(keyId, ofKey);
    }
  }
  return counts;
}

export function noneSealed(): Record<SealedKind, number> {
  return Object.fromEntries(sealedKinds.map((kind) => [kind, 0])) as Record<SealedKind, number>;
}

interface Batch extends Resealed {
  /** Key of the last row that was looked at; null: there are no more. */
  readonly last: readonly string[] | null;
}

function sealBatchAgain(
  { db, sealer }: Catalog,
  sealed: SealedColumn,
  after: readonly string[] | null,
): Promise<Batch> {
  return db.transaction(async (tx) => {
    const [, ...older] = sealer.keyIds();
    const rows = older.length === 0 ? [] : await lockOlder(tx, sealed, older, after);
    const failures: CatalogSealError[] = [];
    for (const { key, text } of rows) {
      const place = sealed.place(...key);
      try {
        const anew = sealer.seal(sealer.open(text, place), place);
        const isRow = and(sql`true`, ...sealed.key.map((column, index) => eq(column, key[index])));
        await tx.execute(
          sql`update ${sealed.table} set ${sql.identifier(sealed.column.name)} = ${anew} where ${isRow}`,
        );
      } catch (error) {
        if (!(error instanceof CatalogSealError)) throw error;
        failures.push(error);
      }
    }
    const last = rows.length === rowsPerBatch ? rows.at(-1)!.key : null;
    return { sealedAgain: rows.length - failures.length, failures, last };
  });
}

/** Rows that one of the `older` keys sealed, behind `after` in order of their keys. Those that somebody else has locked are left to the next run. */
async function lockOlder(
  tx: CatalogTransaction,
  { table, column, key }: SealedColumn,
  older: readonly string[],
  after: readonly string[] | null,
): Promise<readonly { readonly key: readonly string[]; readonly text: string }[]> {
  return tx
    .select({ text: sql<string>`${column}`, key: sql<string[]>`array[${list(key)}]::text[]` })
    .from(table)
    .where(
      and(
        isNotNull(column),
        inArray(keyIdOf(column), [...older]),
        after === null ? undefined : sql`(${list(key)}) > (${list(after.map((value) => sql`${value}`))})`,
      ),
    )
    .orderBy(...key.map((column) => asc(column)))
    .limit(rowsPerBatch)
    .for('update', { skipLocked: true });
}

function keyIdOf(column: SealedColumn['column']): SQL<string> {
  return sql<string>`split_part(${column}, ':', 1)`;
}

function list(parts: readonly (SQL | SealedColumn['column'])[]): SQL {
  return sql.join(
    parts.map((part) => sql`${part}`),
    sql`, `,
  );
}
