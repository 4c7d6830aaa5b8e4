// GET /v1/usage: what endpoints used, period by period.
import type { UsageItemReply } from '@weir/api-contract';
import { listUsage as readUsage, type UsagePeriod, type UsageRecord } from '@weir/catalog';
import { isEndpointId } from '@weir/tenancy';
import { pageOf, positionOf } from '../cursor.ts';
import type { Perform } from '../operation.ts';

const dayMs = 86_400_000;

export const listUsage: Perform<'listUsage'> = async ({ query, caller }, { catalog }) => {
  const { by, limit, cursor, tenantId, endpointId } = query;
  const now = new Date();
  const until = query.until === undefined ? now : new Date(query.until);
  const since = query.since === undefined ? new Date(until.getTime() - dayMs) : new Date(query.since);
  const position = positionOf(cursor, isEndpointId);
  const found = await readUsage(catalog, caller.organisationId, {
    ...{ period: by, since, until, tenantId, endpointId },
    after: position === undefined ? undefined : { from: position.createdAt, endpointId: position.id },
    limit: limit + 1,
  });
  const rows = found.map((record) => ({ ...record, createdAt: record.from, id: record.endpointId }));
  return pageOf(rows, limit, (record) => itemOf(record, by, now));
};

function itemOf(record: UsageRecord, by: UsagePeriod, now: Date): UsageItemReply {
  const { from, clientSeconds } = record;
  const to = endOf(from, by);
  const passedSeconds = (Math.min(to.getTime(), now.getTime()) - from.getTime()) / 1000;
  return {
    tenantId: record.tenantId as UsageItemReply['tenantId'],
    endpointId: record.endpointId as UsageItemReply['endpointId'],
    from: from.toISOString(),
    to: to.toISOString(),
    clientsPeak: record.clientsPeak,
    // Of the first second of a period there is no mean to speak of.
    clientsMean: rounded(clientSeconds / Math.max(1, passedSeconds)),
    serverConnectionSeconds: rounded(record.serverConnectionSeconds),
    transactions: record.transactions,
    queries: record.queries,
    bytesReceived: record.bytesReceived,
    bytesSent: record.bytesSent,
    waitSeconds: rounded(record.waitSeconds),
  };
}

function endOf(from: Date, by: UsagePeriod): Date {
  if (by === 'month') return new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
  return new Date(from.getTime() + (by === 'day' ? dayMs : dayMs / 24));
}

/** To a thousandth: more would only be noise of looking once a second. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
