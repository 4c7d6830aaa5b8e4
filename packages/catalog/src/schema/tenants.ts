// Tenants: live, suspended, or deleted for a while.
import { sql } from 'drizzle-orm';
import { bigint, check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, moment, updatedAt } from './columns.ts';
import { organisationId } from './organisations.ts';

export const tenants = pgTable(
  'tenants',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    name: text('name').notNull(),
    status: text('status', { enum: ['active', 'suspended', 'deleted'] })
      .notNull()
      .default('active'),
    generation: bigint('generation', { mode: 'number' }).notNull().default(1),
    /** Kept over a deletion, so that what is undeleted comes back as it was. */
    suspendedAt: moment('suspended_at'),
    suspendedReason: text('suspended_reason'),
    deletedAt: moment('deleted_at'),
    /** Until then a deletion can be undone; afterwards the sweep takes the secrets of the endpoints. */
    purgeAt: moment('purge_at'),
    purgedAt: moment('purged_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    check(
      'tenants_suspended',
      sql`(${table.status} <> 'suspended' or ${table.suspendedAt} is not null) and (${table.status} <> 'active' or ${table.suspendedAt} is null) and (${table.suspendedReason} is null or (${table.suspendedAt} is not null and length(${table.suspendedReason}) between 1 and 500))`,
    ),
    check(
      'tenants_deleted',
      sql`(${table.status} = 'deleted') = (${table.deletedAt} is not null) and (${table.status} = 'deleted') = (${table.purgeAt} is not null) and (${table.purgedAt} is null or ${table.status} = 'deleted')`,
    ),
    check('tenants_generation', sql`${table.generation} >= 1`),
    check('tenants_id', sql`${table.id} ~ '^tn_[0-9a-z]{20}$'`),
    check('tenants_name', sql`length(${table.name}) between 1 and 100`),
    check('tenants_status', sql`${table.status} in ('active', 'suspended', 'deleted')`),
    index('tenants_page')
      .on(table.organisationId, table.createdAt, table.id)
      .where(sql`${table.status} <> 'deleted'`),
    index('tenants_deleted_page')
      .on(table.organisationId, table.createdAt, table.id)
      .where(sql`${table.status} = 'deleted' and ${table.purgedAt} is null`),
    index('tenants_to_purge')
      .on(table.purgeAt)
      .where(sql`${table.status} = 'deleted' and ${table.purgedAt} is null`),
    index('tenants_by_name')
      .on(table.organisationId, sql`lower(${table.name}) text_pattern_ops`)
      .where(sql`${table.status} <> 'deleted'`),
  ],
);
