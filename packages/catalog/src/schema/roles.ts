// Roles of endpoints, and what logs in as one for a short time.
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';
import { apiKeys } from './api-keys.ts';
import { createdAt, moment, updatedAt } from './columns.ts';
import { endpoints } from './endpoints.ts';
import { tenants } from './tenants.ts';

export const roles = pgTable(
  'roles',
  {
    endpointId: text('endpoint_id')
      .notNull()
      .references(() => endpoints.id, { onDelete: 'restrict' }),
    name: text('name').notNull(),
    verifier: text('verifier'),
    verifierIsServers: boolean('verifier_is_servers').notNull().default(false),
    passwordSealed: text('password_sealed'),
    validUntil: moment('valid_until'),
    /** Of the password before the last rotation; has the salt and iterations of `verifier`. */
    previousVerifier: text('previous_verifier'),
    /** Only while a rotation is not finished: what the database may still take instead of the new one. */
    previousPasswordSealed: text('previous_password_sealed'),
    /** Until then clients may log in with the previous password; null: until the rotation is finished. */
    previousUntil: moment('previous_until'),
    /** When Weir gave it the password it has; null: it has never been rotated, or got another one since. */
    rotatedAt: moment('rotated_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.endpointId, table.name] }),
    check(
      'roles_previous',
      sql`(${table.previousVerifier} is null or ${table.passwordSealed} is not null) and (${table.previousVerifier} is null) = (${table.previousPasswordSealed} is null and ${table.previousUntil} is null) and (${table.previousPasswordSealed} is null or ${table.previousUntil} is null)`,
    ),
    check('roles_name', sql`octet_length(${table.name}) between 1 and 63`),
    check('roles_verifier', sql`${table.verifier} is null or ${table.verifier} like 'SCRAM-SHA-256$%'`),
    check('roles_servers_verifier', sql`not ${table.verifierIsServers} or ${table.verifier} is not null`),
  ],
);

/** User names and passwords that log in as a role for a short time. */
export const credentials = pgTable(
  'credentials',
  {
    /** The user name. */
    id: text('id').primaryKey(),
    endpointId: text('endpoint_id').notNull(),
    role: text('role').notNull(),
    verifier: text('verifier').notNull(),
    /** The key that it was made with, or the rule by which a token was exchanged for it. */
    apiKeyId: text('api_key_id').references(() => apiKeys.id, { onDelete: 'restrict' }),
    trustRuleId: text('trust_rule_id').references(() => trustRules.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    // It dies with its role: without that one's password it opens nothing.
    foreignKey({
      name: 'credentials_role',
      columns: [table.endpointId, table.role],
      foreignColumns: [roles.endpointId, roles.name],
    }).onDelete('cascade'),
    check('credentials_id', sql`${table.id} ~ '^cred_[0-9a-z]{20}$'`),
    check('credentials_verifier', sql`${table.verifier} like 'SCRAM-SHA-256$%'`),
    check('credentials_expires', sql`${table.expiresAt} > ${table.createdAt}`),
    check('credentials_author', sql`num_nonnulls(${table.apiKeyId}, ${table.trustRuleId}) = 1`),
    index('credentials_of_role').on(table.endpointId, table.role),
    index('credentials_of_trust_rule').on(table.trustRuleId).where(sql`${table.trustRuleId} is not null`),
    index('credentials_page').on(table.endpointId, table.createdAt, table.id),
    index('credentials_expired').on(table.expiresAt),
  ],
);

/** Whose tokens are exchanged for credentials of a role. */
export const trustRules = pgTable(
  'trust_rules',
  {
    id: text('id').primaryKey(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'restrict' }),
    endpointId: text('endpoint_id').notNull(),
    role: text('role').notNull(),
    description: text('description').notNull(),
    issuer: text('issuer').notNull(),
    audience: text('audience').notNull(),
    subject: text('subject').notNull(),
    /** One value, as it is read and changed as a whole. */
    claims: jsonb('claims').$type<Readonly<Record<string, string>>>().notNull(),
    ttlSecondsMax: integer('ttl_seconds_max').notNull(),
    generation: bigint('generation', { mode: 'number' }).notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    // It dies with its role, as credentials do.
    foreignKey({
      name: 'trust_rules_role',
      columns: [table.endpointId, table.role],
      foreignColumns: [roles.endpointId, roles.name],
    }).onDelete('cascade'),
    check('trust_rules_id', sql`${table.id} ~ '^tr_[0-9a-z]{20}$'`),
    check('trust_rules_issuer', sql`${table.issuer} ~ '^https?://'`),
    check('trust_rules_trusted', sql`length(${table.audience}) >= 1 and length(${table.subject}) >= 1`),
    check('trust_rules_claims', sql`jsonb_typeof(${table.claims}) = 'object'`),
    check('trust_rules_ttl', sql`${table.ttlSecondsMax} between 1 and 86400`),
    check('trust_rules_generation', sql`${table.generation} >= 1`),
    index('trust_rules_of_role').on(table.endpointId, table.role),
    index('trust_rules_page').on(table.tenantId, table.createdAt, table.id),
  ],
);
