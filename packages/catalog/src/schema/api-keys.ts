// API keys, and the replies that are kept for repetitions of what was asked with one.
import { sql } from 'drizzle-orm';
import { bigint, check, customType, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { createdAt, moment } from './columns.ts';
import { organisationId } from './organisations.ts';

const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (bytes) => Buffer.from(bytes),
});

export const apiKeys = pgTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    name: text('name').notNull(),
    /** The first characters, so that people can tell keys apart. */
    prefix: text('prefix').notNull(),
    sha256: bytea('sha256').notNull().unique(),
    scopes: text('scopes', { enum: ['read', 'write', 'secrets', 'admin'] })
      .array()
      .notNull(),
    /** Raised by its revocation; its use is no change of it. */
    generation: bigint('generation', { mode: 'number' }).notNull().default(1),
    createdAt: createdAt(),
    expiresAt: moment('expires_at'),
    revokedAt: moment('revoked_at'),
    /** Written now and then, not with each request. */
    lastUsedAt: moment('last_used_at'),
  },
  (table) => [
    check('api_keys_id', sql`${table.id} ~ '^key_[0-9a-f]{16}$'`),
    check('api_keys_name', sql`length(${table.name}) between 1 and 100`),
    check(
      'api_keys_scopes',
      sql`cardinality(${table.scopes}) between 1 and 4 and ${table.scopes} <@ array['read', 'write', 'secrets', 'admin']`,
    ),
    check('api_keys_generation', sql`${table.generation} >= 1`),
    index('api_keys_page').on(table.organisationId, table.createdAt, table.id),
    check('api_keys_prefix', sql`${table.prefix} ~ '^weir_[0-9a-f]{4,12}$'`),
    check('api_keys_sha256', sql`octet_length(${table.sha256}) = 32`),
  ],
);

/** Replies to creations that carried an Idempotency-Key, so that a repetition gets the same one. */
export const keptReplies = pgTable(
  'kept_replies',
  {
    apiKeyId: text('api_key_id')
      .notNull()
      .references(() => apiKeys.id, { onDelete: 'restrict' }),
    /** Method and path. */
    route: text('route').notNull(),
    idempotencyKey: text('idempotency_key').notNull(),
    /** What was asked and what was answered; it may hold a password. */
    sealed: text('sealed').notNull(),
    keptAt: moment('kept_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.apiKeyId, table.route, table.idempotencyKey] }),
    check('kept_replies_key', sql`length(${table.idempotencyKey}) between 1 and 200`),
    index('kept_replies_old').on(table.keptAt),
  ],
);
