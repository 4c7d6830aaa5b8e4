// Cells: where endpoints are served. A row stays when its cell is gone, since tombstones of endpoints refer to it.
import { sql } from 'drizzle-orm';
import { check, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { createdAt } from './columns.ts';

export const cells = pgTable(
  'cells',
  {
    id: text('id').primaryKey(),
    region: text('region').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    check('cells_id', sql`${table.id} ~ '^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$'`),
    check('cells_region', sql`${table.region} ~ '^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$'`),
    // For endpoints, so that the cell of one is in its region.
    unique('cells_in_region').on(table.region, table.id),
  ],
);
