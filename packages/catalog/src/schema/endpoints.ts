// Endpoints with all their settings, and what of them is still to be published.
import {
  type EndpointHealth,
  type EndpointOrders,
  noOrders,
  type SettingsOverride,
  unknownHealth,
} from '@weir/tenancy';
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
  text,
} from 'drizzle-orm/pg-core';
import { cells } from './cells.ts';
import { createdAt, moment, timeLimit, updatedAt } from './columns.ts';
import { tenants } from './tenants.ts';

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
    /** Chosen with its creation; an endpoint that changed it would change under its clients. */
    kind: text('kind', { enum: ['read_write', 'read_only'] })
      .notNull()
      .default('read_write'),
    region: text('region').notNull().default('default'),
    cell: text('cell').notNull().default('default'),
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
    poolSizeMin: integer('pool_size_min').notNull().default(0),
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
    foreignKey({
      name: 'endpoints_cell_in_region',
      columns: [table.region, table.cell],
      foreignColumns: [cells.region, cells.id],
    }).onDelete('restrict'),
    check('endpoints_kind', sql`${table.kind} in ('read_write', 'read_only')`),
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
    check('endpoints_pool_size_min', sql`${table.poolSizeMin} >= 0`),
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
    index('endpoints_dns_target').on(table.cell, table.dnsTarget).where(sql`${table.status} <> 'deleted'`),
    index('endpoints_dns_gone')
      .on(table.id)
      .where(sql`${table.status} = 'deleted' and ${table.dnsTarget} is not null`),
    index('endpoints_to_look_at').on(table.healthDueAt).where(sql`${table.status} = 'active'`),
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
