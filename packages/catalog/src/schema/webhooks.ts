// Webhooks, and what they are to be told.
import type { EventType } from '@weir/tenancy';
import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { EventBody } from '../events.ts';
import { createdAt, moment, updatedAt } from './columns.ts';
import { organisationId } from './organisations.ts';

/** Where an organisation wants to be told of changes. */
export const webhooks = pgTable(
  'webhooks',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    url: text('url').notNull(),
    description: text('description').notNull(),
    events: text('events').array().$type<readonly EventType[]>().notNull(),
    enabled: boolean('enabled').notNull().default(true),
    secretSealed: text('secret_sealed').notNull(),
    /** Signs too until then; both are null where nothing was rotated, and once that is over. */
    previousSecretSealed: text('previous_secret_sealed'),
    previousSecretUntil: moment('previous_secret_until'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    check('webhooks_id', sql`${table.id} ~ '^wh_[0-9a-z]{20}$'`),
    check('webhooks_url', sql`length(${table.url}) between 1 and 2000 and ${table.url} ~ '^https?://'`),
    check('webhooks_events', sql`cardinality(${table.events}) between 1 and 100`),
    check(
      'webhooks_previous_secret',
      sql`(${table.previousSecretSealed} is null) = (${table.previousSecretUntil} is null)`,
    ),
    index('webhooks_page').on(table.organisationId, table.createdAt, table.id),
  ],
);

/** What a webhook is to be told. The row is the job: it is due until somebody took it, or it is given up. */
export const deliveries = pgTable(
  'deliveries',
  {
    id: text('id').primaryKey(),
    webhookId: text('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    /** An event's type, or `test`. */
    type: text('type').$type<EventType | 'test'>().notNull(),
    /** The body that is sent, the same in every attempt. */
    body: jsonb('body').$type<EventBody>().notNull(),
    status: text('status', { enum: ['pending', 'delivered', 'failed'] })
      .notNull()
      .default('pending'),
    /** Attempts that were begun since it was made or replayed. */
    attempts: integer('attempts').notNull().default(0),
    /** An attempt under way puts it off, so that it comes again if nobody hears of its end. */
    dueAt: moment('due_at').notNull().defaultNow(),
    lastStatus: integer('last_status'),
    lastError: text('last_error'),
    createdAt: createdAt(),
    finishedAt: moment('finished_at'),
  },
  (table) => [
    check('deliveries_id', sql`${table.id} ~ '^dl_[0-9a-z]{20}$'`),
    check('deliveries_status', sql`${table.status} in ('pending', 'delivered', 'failed')`),
    check(
      'deliveries_finished',
      sql`(${table.status} = 'pending') = (${table.finishedAt} is null) and ${table.attempts} >= 0`,
    ),
    index('deliveries_due').on(table.dueAt).where(sql`${table.status} = 'pending'`),
    index('deliveries_page').on(table.webhookId, table.createdAt, table.id),
    index('deliveries_done').on(table.finishedAt).where(sql`${table.status} <> 'pending'`),
  ],
);
