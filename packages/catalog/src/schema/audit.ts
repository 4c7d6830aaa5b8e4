// The audit log, a row for each change that was made.
import { auditActions } from '@weir/tenancy';
import { sql } from 'drizzle-orm';
import { bigint, check, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { FieldChange } from '../audit.ts';
import { apiKeys } from './api-keys.ts';
import { moment } from './columns.ts';
import { organisationId } from './organisations.ts';
import { tenants } from './tenants.ts';

/** Append-only: a trigger of the migration refuses every update, delete and truncate. */
export const audit = pgTable(
  'audit',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    organisationId: organisationId(),
    at: moment('at').notNull().defaultNow(),
    action: text('action', { enum: auditActions }).notNull(),
    targetId: text('target_id').notNull(),
    tenantId: text('tenant_id').references(() => tenants.id, { onDelete: 'restrict' }),
    apiKeyId: text('api_key_id').references(() => apiKeys.id, { onDelete: 'restrict' }),
    /** No reference: rules are deleted, and what they did stays written down. */
    trustRuleId: text('trust_rule_id'),
    /** Null in all four of these: Weir itself did it, and nobody asked. */
    address: text('address'),
    requestId: text('request_id'),
    changes: jsonb('changes').$type<readonly FieldChange[]>().notNull(),
  },
  (table) => [
    check('audit_action', sql`${table.action} ~ '^[a-z-]+\\.[a-z-]+$'`),
    check('audit_changes', sql`jsonb_typeof(${table.changes}) = 'array'`),
    check(
      'audit_author',
      sql`num_nonnulls(${table.apiKeyId}, ${table.trustRuleId}) <= 1 and num_nonnulls(${table.apiKeyId}, ${table.trustRuleId}) * 2 = num_nonnulls(${table.address}, ${table.requestId})`,
    ),
    index('audit_page').on(table.organisationId, table.id),
    index('audit_of_target').on(table.organisationId, table.targetId, table.id),
    index('audit_of_tenant').on(table.organisationId, table.tenantId, table.id),
    index('audit_of_key').on(table.organisationId, table.apiKeyId, table.id),
    index('audit_of_trust_rule')
      .on(table.organisationId, table.trustRuleId, table.id)
      .where(sql`${table.trustRuleId} is not null`),
  ],
);
