// The catalog's own row, and the organisations in it.
import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, updatedAt } from './columns.ts';

/** One row for the whole catalog. */
export const catalogMeta = pgTable(
  'catalog_meta',
  {
    singleRow: boolean('single_row').primaryKey().default(true),
    /** Raised when the catalog may have gone back in time; higher always wins in shared state. */
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    /** `<system_identifier>/<timeline>/<database>/<table>`: where the catalog is; elsewhere, it was restored or has failed over. */
    serverFingerprint: text('server_fingerprint'),
    mockSecretSealed: text('mock_secret_sealed').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    check('catalog_meta_one_row', sql`${table.singleRow}`),
    check('catalog_meta_epoch', sql`${table.epoch} >= 1`),
  ],
);

export const organisations = pgTable(
  'organisations',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** One runs the installation and makes the others. */
    isOperator: boolean('is_operator').notNull().default(false),
    generation: bigint('generation', { mode: 'number' }).notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    check('organisations_id', sql`${table.id} ~ '^org_[0-9a-z]{20}$'`),
    check('organisations_name', sql`length(${table.name}) between 1 and 100`),
    check('organisations_generation', sql`${table.generation} >= 1`),
    uniqueIndex('organisations_one_operator').on(table.isOperator).where(sql`${table.isOperator}`),
    index('organisations_page').on(table.createdAt, table.id),
  ],
);

export const organisationId = () =>
  text('organisation_id')
    .notNull()
    .references(() => organisations.id, { onDelete: 'restrict' });
