// What endpoints have used: counters of processes are added up by the hour, each count once, and read back by period.
import { lt, type SQL, sql } from 'drizzle-orm';
import type { Catalog } from './catalog.ts';
import { usageHours, usageReadings } from './schema.ts';

/** Counters that only rise. */
export interface UsageTotals {
  readonly clientSeconds: number;
  readonly serverConnectionSeconds: number;
  readonly transactions: number;
  readonly queries: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly waitSeconds: number;
}

/** Where the counters of one endpoint on one process stand. `countedSince` (ISO 8601) is another one for counters that began anew. */
export interface UsageReading extends UsageTotals {
  readonly endpointId: string;
  readonly processId: string;
  readonly countedSince: string;
  /** Most clients at once lately; 0 where that is no news. */
  readonly clientsPeak: number;
}

/** One endpoint's use in one period. */
export interface UsageRecord extends UsageTotals {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly from: Date;
  readonly clientsPeak: number;
}

export const usagePeriods = ['hour', 'day', 'month'] as const;
export type UsagePeriod = (typeof usagePeriods)[number];

const wholeCounters = ['transactions', 'queries', 'bytes_received', 'bytes_sent'];
const counters = [...wholeCounters, 'client_seconds', 'server_connection_seconds', 'wait_seconds'];
// Who rolls up at the same time waits for the other; any number that nothing else locks.
const rollUpLock = 7_385_214;

/** `write` for each counter, as SQL, in one order. */
function each(write: (counter: string) => string): SQL {
  return sql.raw(counters.map(write).join(', '));
}

/**
 * Adds to the hour that runs what each reading has more than the one before of the same counters. Readings may come
 * twice, late, and in any order; of endpoints that the catalog does not know they are left out.
 */
export async function addUsage(catalog: Catalog, readings: readonly UsageReading[]): Promise<void> {
  const rows = readings.map(({ endpointId, processId, countedSince, clientsPeak, ...totals }) => ({
    endpoint_id: endpointId,
    process_id: processId,
    counted_since: countedSince,
    clients_peak: Math.round(clientsPeak),
    client_seconds: totals.clientSeconds,
    server_connection_seconds: totals.serverConnectionSeconds,
    transactions: Math.round(totals.transactions),
    queries: Math.round(totals.queries),
    bytes_received: Math.round(totals.bytesReceived),
    bytes_sent: Math.round(totals.bytesSent),
    wait_seconds: totals.waitSeconds,
  }));
  const types = (counter: string) => (wholeCounters.includes(counter) ? 'bigint' : 'double precision');
  await catalog.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${rollUpLock})`);
    // A statement of its own, so that it sees what the one before us committed.
    await tx.execute(sql`
      with given as (
        select distinct on (endpoint_id, process_id, counted_since) given.*
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (
          endpoint_id text, process_id text, counted_since timestamptz(3), clients_peak int, ${each((name) => `${name} ${types(name)}`)}
        ) join endpoints on endpoints.id = given.endpoint_id
        order by endpoint_id, process_id, counted_since, client_seconds desc
      ), added as (
        select given.endpoint_id, given.process_id, given.counted_since, given.clients_peak,
          ${each((name) => `greatest(given.${name} - coalesce(before.${name}, 0), 0) as ${name}`)}
        from given left join usage_readings before using (endpoint_id, process_id, counted_since)
        -- Of most endpoints most processes have nothing new; those are read again before they count as forgotten.
        where before.read_at is null or before.read_at < now() - interval '1 hour'
          or ${sql.raw(counters.map((name) => `given.${name} > before.${name}`).join(' or '))}
      ), rolled_up as (
        insert into usage_hours (endpoint_id, hour, clients_peak, ${each((name) => name)})
        select endpoint_id, date_trunc('hour', now(), 'UTC'), sum(clients_peak), ${each((name) => `sum(${name})`)}
        from added group by endpoint_id
        on conflict (endpoint_id, hour) do update set
          clients_peak = greatest(usage_hours.clients_peak, excluded.clients_peak),
          ${each((name) => `${name} = usage_hours.${name} + excluded.${name}`)}
      )
      insert into usage_readings (endpoint_id, process_id, counted_since, read_at, ${each((name) => name)})
      select endpoint_id, process_id, counted_since, now(), ${each((name) => `given.${name}`)}
      from given join added using (endpoint_id, process_id, counted_since)
      on conflict (endpoint_id, process_id, counted_since) do update set
        read_at = excluded.read_at, ${each((name) => `${name} = greatest(usage_readings.${name}, excluded.${name})`)}`);
  });
}

/** What an organisation's endpoints used, by period and then by endpoint id. Endpoints that are deleted are listed too. */
export async function listUsage(
  catalog: Catalog,
  organisationId: string,
  filter: {
    readonly period: UsagePeriod;
    readonly since: Date;
    readonly until: Date;
    readonly tenantId?: string | undefined;
    readonly endpointId?: string | undefined;
    readonly after?: { readonly from: Date; readonly endpointId: string } | undefined;
    readonly limit: number;
  },
): Promise<readonly UsageRecord[]> {
  const { since, until, tenantId, endpointId, after, limit } = filter;
  const period = sql.raw(`date_trunc('${filter.period}', hours.hour, 'UTC')`);
  const { rows } = await catalog.db.execute<Record<string, string | number>>(sql`
    select endpoints.tenant_id, hours.endpoint_id, ${period} as period_from,
      max(hours.clients_peak) as clients_peak, ${each((name) => `sum(hours.${name})::float8 as ${name}`)}
    from usage_hours hours
      join endpoints on endpoints.id = hours.endpoint_id
      join tenants on tenants.id = endpoints.tenant_id
    where tenants.organisation_id = ${organisationId}
      and hours.hour >= ${since.toISOString()}::timestamptz and hours.hour < ${until.toISOString()}::timestamptz
      ${tenantId === undefined ? sql`` : sql`and tenants.id = ${tenantId}`}
      ${endpointId === undefined ? sql`` : sql`and hours.endpoint_id = ${endpointId}`}
      ${after === undefined ? sql`` : sql`and (${period}, hours.endpoint_id) > (${after.from.toISOString()}::timestamptz, ${after.endpointId})`}
    group by endpoints.tenant_id, hours.endpoint_id, period_from
    order by period_from, hours.endpoint_id
    limit ${limit}`);
  return rows.map((row) => ({
    tenantId: String(row.tenant_id),
    endpointId: String(row.endpoint_id),
    from: new Date(row.period_from!),
    clientsPeak: Number(row.clients_peak),
    clientSeconds: Number(row.client_seconds),
    serverConnectionSeconds: Number(row.server_connection_seconds),
    transactions: Number(row.transactions),
    queries: Number(row.queries),
    bytesReceived: Number(row.bytes_received),
    bytesSent: Number(row.bytes_sent),
    waitSeconds: Number(row.wait_seconds),
  }));
}

/** Deletes hours of more than 400 days ago, and readings of processes of which nothing can come any more. */
export async function forgetUsage(catalog: Catalog): Promise<void> {
  await catalog.db.delete(usageHours).where(lt(usageHours.hour, sql`now() - interval '400 days'`));
  // Reports live an hour beyond their process; a day more, so that no clock brings one back as new.
  await catalog.db.delete(usageReadings).where(lt(usageReadings.readAt, sql`now() - interval '1 day'`));
}
