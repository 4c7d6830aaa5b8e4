// What endpoints were used, by the hour.
import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';
import { moment } from './columns.ts';
import { endpoints } from './endpoints.ts';

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
