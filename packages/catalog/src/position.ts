// Where a page of things in order of creation begins, and the condition for what comes after it.
import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

/** The last thing of the page before. */
export interface Position {
  readonly createdAt: Date;
  readonly id: string;
}

/** Rows created after `position`; undefined, which is no condition, at the first page. */
export function createdAfter(
  table: { readonly createdAt: PgColumn; readonly id: PgColumn },
  position: Position | undefined,
): SQL | undefined {
  return (
    position &&
    sql`(${table.createdAt}, ${table.id}) > (${position.createdAt.toISOString()}::timestamptz, ${position.id})`
  );
}
