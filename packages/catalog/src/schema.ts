// The tables of the catalog; the constraints here guard what must always hold, whoever writes.
import {
  auditActions,
  type EndpointHealth,
  type EndpointOrders,
  type EventType,
  noOrders,
  type SettingsOverride,
  unknownHealth,
} from '@weir/tenancy';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  customType,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { FieldChange } from './audit.ts';
import type { EventBody } from './events.ts';

const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (bytes) => Buffer.from(bytes),
});

// Milliseconds, so that a time read into a Date and written into a cursor is the same time again.
const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });
// Up to 30 days in ms, which an integer does not hold; 0: no limit.
const timeLimit = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);
const createdAt = () => moment('created_at').notNull().defaultNow();
const updatedAt = () => moment('updated_at').notNull().defaultNow();

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
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    check('organisations_id', sql`${table.id} ~ '^org_[0-9a-z]{20}$'`),
    check('organisations_name', sql`length(${table.name}) between 1 and 100`),
    uniqueIndex('organisations_one_operator').on(table.isOperator).where(sql`${table.isOperator}`),
    index('organisations_page').on(table.createdAt, table.id),
  ],
);

const organisationId = () =>
  text('organisation_id')
    .notNull()
    .references(() => organisations.id, { onDelete: 'restrict' });

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

export const endpoints = pgTable(
  'endpoints',
  {
    id: text('id').primaryKey(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'restrict' }),
    /** A deleted endpoint stays as a tombstone, so that its end can be published and its id is never given again. */
    status: text('status', { enum: ['active', 'suspended', 'deleted'] })
      .notNull()
      .default('active'),
    generation: bigint('generation', { mode: 'number' }).notNull().default(1),
    upstreamId: text('upstream_id').notNull(),
    host: text('host').notNull(),
    port: integer('port').notNull(),
    defaultDatabase: text('default_database').notNull(),
    tlsMode: text('tls_mode', { enum: ['disable', 'require', 'verify-ca', 'verify-full'] }).notNull(),
    caPem: text('ca_pem'),
    serverVersion: text('server_version').notNull(),
    maxConnections: integer('max_connections'),
    reservedConnections: integer('reserved_connections'),
    ramBytes: bigint('ram_bytes', { mode: 'number' }).notNull(),
    /** Null in the next three: the default of the release that runs. */
    divisorBytes: bigint('divisor_bytes', { mode: 'number' }),
    cap: integer('cap'),
    reserve: integer('reserve'),
    mode: text('mode', { enum: ['transaction', 'session', 'statement'] })
      .notNull()
      .default('transaction'),
    stateTracking: text('state_tracking', { enum: ['auto', 'strict', 'off'] })
      .notNull()
      .default('auto'),
    poolSize: integer('pool_size'),
    clientConnectionsMax: integer('client_connections_max').notNull(),
    queryWaitTimeoutMs: integer('query_wait_timeout_ms').notNull(),
    serverIdleTimeoutMs: integer('server_idle_timeout_ms').notNull(),
    serverLifetimeMs: bigint('server_lifetime_ms', { mode: 'number' }).notNull(),
    pinsMax: integer('pins_max'),
    pinIdleTimeoutMs: timeLimit('pin_idle_timeout_ms'),
    clientIdleTimeoutMs: timeLimit('client_idle_timeout_ms'),
    idleInTransactionTimeoutMs: timeLimit('idle_in_transaction_timeout_ms'),
    queryTimeoutMs: timeLimit('query_timeout_ms'),
    transactionTimeoutMs: timeLimit('transaction_timeout_ms'),
    requireTls: boolean('require_tls').notNull(),
    allowedAddresses: text('allowed_addresses').array().$type<readonly string[]>(),
    /** One value, as it is read, changed and published as a whole. */
    overrides: jsonb('overrides').$type<readonly SettingsOverride[]>().notNull().default([]),
    orders: jsonb('orders').$type<EndpointOrders>().notNull().default(noOrders),
    authQuery: text('auth_query'),
    /** What Weir has seen of the database; no part of what is published, and of no generation. */
    health: jsonb('health').$type<EndpointHealth>().notNull().default(unknownHealth),
    /** When to look at it next; spread over half an hour for endpoints that nobody has looked at yet. */
    healthDueAt: moment('health_due_at').notNull().default(sql`now() + random() * interval '30 minutes'`),
    serviceRole: text('service_role').notNull(),
    servicePasswordSealed: text('service_password_sealed'),
    /** Where its DNS records lead, and who was told; empty: it may have some; null: it has none. No part of what is published to poolers. */
    dnsTarget: text('dns_target'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    check(
      'endpoints_id',
      sql`${table.id} ~ '^ep-[a-z]{2,12}-[a-z]{2,12}-[0-9a-z]{6}$' and ${table.id} !~ '-pooler$'`,
    ),
    check('endpoints_status', sql`${table.status} in ('active', 'suspended', 'deleted')`),
    check('endpoints_generation', sql`${table.generation} >= 1`),
    check('endpoints_host', sql`length(${table.host}) between 1 and 253`),
    check('endpoints_port', sql`${table.port} between 1 and 65535`),
    check('endpoints_tls_mode', sql`${table.tlsMode} in ('disable', 'require', 'verify-ca', 'verify-full')`),
    check('endpoints_ram_bytes', sql`${table.ramBytes} >= 1`),
    check(
      'endpoints_sizing',
      sql`coalesce(${table.divisorBytes}, 1) >= 1 and coalesce(${table.cap}, 1) >= 1 and coalesce(${table.reserve}, 0) >= 0`,
    ),
    check(
      'endpoints_settings',
      sql`coalesce(${table.poolSize}, 1) >= 1 and ${table.clientConnectionsMax} >= 1 and ${table.queryWaitTimeoutMs} >= 1 and ${table.serverIdleTimeoutMs} >= 1 and ${table.serverLifetimeMs} >= 1`,
    ),
    check(
      'endpoints_allowed_addresses',
      sql`${table.allowedAddresses} is null or cardinality(${table.allowedAddresses}) between 1 and 100`,
    ),
    check('endpoints_mode', sql`${table.mode} in ('transaction', 'session', 'statement')`),
    check('endpoints_state_tracking', sql`${table.stateTracking} in ('auto', 'strict', 'off')`),
    check('endpoints_pins_max', sql`coalesce(${table.pinsMax}, 1) >= 1`),
    check(
      'endpoints_time_limits',
      sql`least(${table.pinIdleTimeoutMs}, ${table.clientIdleTimeoutMs}, ${table.idleInTransactionTimeoutMs}, ${table.queryTimeoutMs}, ${table.transactionTimeoutMs}) >= 0`,
    ),
    check(
      'endpoints_overrides',
      // A CASE, since AND does not promise to look at the type first.
      sql`case jsonb_typeof(${table.overrides}) when 'array' then jsonb_array_length(${table.overrides}) <= 64 and not jsonb_path_exists(${table.overrides}, '$[*] ? (!(@.settings.type() == "object") || !(@.role.type() == "string" || @.database.type() == "string"))') else false end`,
    ),
    check(
      'endpoints_orders',
      sql`case jsonb_typeof(${table.orders} -> 'pools') when 'array' then jsonb_array_length(${table.orders} -> 'pools') <= 64 else false end and ${table.orders} ? 'draining'`,
    ),
    check(
      'endpoints_secret_dies_with_it',
      sql`(${table.status} = 'deleted') = (${table.servicePasswordSealed} is null)`,
    ),
    index('endpoints_of_tenant').on(table.tenantId),
    index('endpoints_of_upstream').on(table.upstreamId),
    check(
      'endpoints_health',
      sql`${table.health} ->> 'state' in ('unknown', 'healthy', 'failing', 'unreachable')`,
    ),
    index('endpoints_dns_target').on(table.dnsTarget).where(sql`${table.status} <> 'deleted'`),
    index('endpoints_dns_gone')
      .on(table.id)
      .where(sql`${table.status} = 'deleted' and ${table.dnsTarget} is not null`),
    index('endpoints_to_look_at').on(table.healthDueAt).where(sql`${table.status} = 'active'`),
  ],
);

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
    index('api_keys_page').on(table.organisationId, table.createdAt, table.id),
    check('api_keys_prefix', sql`${table.prefix} ~ '^weir_[0-9a-f]{4,12}$'`),
    check('api_keys_sha256', sql`octet_length(${table.sha256}) = 32`),
  ],
);

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
    address: text('address').notNull(),
    requestId: text('request_id').notNull(),
    changes: jsonb('changes').$type<readonly FieldChange[]>().notNull(),
  },
  (table) => [
    check('audit_action', sql`${table.action} ~ '^[a-z-]+\\.[a-z-]+$'`),
    check('audit_changes', sql`jsonb_typeof(${table.changes}) = 'array'`),
    check('audit_author', sql`num_nonnulls(${table.apiKeyId}, ${table.trustRuleId}) = 1`),
    index('audit_page').on(table.organisationId, table.id),
    index('audit_of_target').on(table.organisationId, table.targetId, table.id),
    index('audit_of_tenant').on(table.organisationId, table.tenantId, table.id),
    index('audit_of_key').on(table.organisationId, table.apiKeyId, table.id),
    index('audit_of_trust_rule')
      .on(table.organisationId, table.trustRuleId, table.id)
      .where(sql`${table.trustRuleId} is not null`),
  ],
);

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
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    check('webhooks_id', sql`${table.id} ~ '^wh_[0-9a-z]{20}$'`),
    check('webhooks_url', sql`length(${table.url}) between 1 and 2000 and ${table.url} ~ '^https?://'`),
    check('webhooks_events', sql`cardinality(${table.events}) between 1 and 100`),
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

/** What is added up of an endpoint's use. */
const usageCounters = () => ({
  clientSeconds: doublePrecision('client_seconds').notNull(),
  serverConnectionSeconds: doublePrecision('server_connection_seconds').notNull(),
  transactions: bigint('transactions', { mode: 'number' }).notNull(),
  queries: bigint('queries', { mode: 'number' }).notNull(),
  bytesReceived: bigint('bytes_received', { mode: 'number' }).notNull(),
  bytesSent: bigint('bytes_sent', { mode: 'number' }).notNull(),
  waitSeconds: doublePrecision('wait_seconds').notNull(),
});

/** An endpoint's use by the hour. */
export const usageHours = pgTable(
  'usage_hours',
  {
    endpointId: text('endpoint_id')
      .notNull()
      .references(() => endpoints.id, { onDelete: 'restrict' }),
    /** When it begins, in UTC. */
    hour: moment('hour').notNull(),
    clientsPeak: integer('clients_peak').notNull(),
    ...usageCounters(),
  },
  (table) => [
    primaryKey({ columns: [table.endpointId, table.hour] }),
    check('usage_hours_hour', sql`date_trunc('hour', ${table.hour}, 'UTC') = ${table.hour}`),
    check(
      'usage_hours_counters',
      sql`least(${table.clientsPeak}, ${table.clientSeconds}, ${table.serverConnectionSeconds}, ${table.transactions}, ${table.queries}, ${table.bytesReceived}, ${table.bytesSent}, ${table.waitSeconds}) >= 0`,
    ),
    index('usage_hours_old').on(table.hour),
  ],
);

/** How far each process's counters have been added to the hours, so that nothing is added twice. */
export const usageReadings = pgTable(
  'usage_readings',
  {
    endpointId: text('endpoint_id')
      .notNull()
      .references(() => endpoints.id, { onDelete: 'restrict' }),
    processId: text('process_id').notNull(),
    /** Counters of one process that began anew are other counters. */
    countedSince: moment('counted_since').notNull(),
    readAt: moment('read_at').notNull(),
    ...usageCounters(),
  },
  (table) => [
    primaryKey({ columns: [table.endpointId, table.processId, table.countedSince] }),
    index('usage_readings_old').on(table.readAt),
  ],
);

export const outbox = pgTable(
  'outbox',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    endpointId: text('endpoint_id')
      .notNull()
      .references(() => endpoints.id, { onDelete: 'restrict' }),
    /** What the change made it; for people who read the table, since always the current row is sent. */
    generation: bigint('generation', { mode: 'number' }).notNull(),
    attempts: integer('attempts').notNull().default(0),
    dueAt: moment('due_at').notNull().defaultNow(),
    createdAt: createdAt(),
    publishedAt: moment('published_at'),
  },
  (table) => [
    check('outbox_generation', sql`${table.generation} >= 1`),
    index('outbox_due').on(table.dueAt, table.id).where(sql`${table.publishedAt} is null`),
    index('outbox_done').on(table.publishedAt).where(sql`${table.publishedAt} is not null`),
  ],
);
