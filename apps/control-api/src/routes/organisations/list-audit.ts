// GET /v1/audit: who changed what, the newest first.
import type { AuditEntryReply } from '@weir/api-contract';
import { type AuditRecord, listAudit as readAudit } from '@weir/catalog';
import type { Perform } from '../operation.ts';

export const listAudit: Perform<'listAudit'> = async ({ query, caller }, { catalog }) => {
  const { limit, cursor, since, until, ...filter } = query;
  const found = await readAudit(catalog, caller.organisationId, {
    ...filter,
    limit: limit + 1,
    beforeId: cursor === undefined ? undefined : Number(cursor),
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  });
  const items = found.slice(0, limit).map(entryReply);
  return { items, nextCursor: found.length > limit ? (items.at(-1)?.id ?? null) : null };
};

function entryReply(entry: AuditRecord): AuditEntryReply {
  const { action, targetId, tenantId, apiKeyId, trustRuleId, address, requestId } = entry;
  return {
    id: String(entry.id),
    at: entry.at.toISOString(),
    action,
    targetId,
    tenantId,
    author: apiKeyId !== null ? 'api-key' : trustRuleId !== null ? 'trust-rule' : 'system',
    apiKeyId,
    trustRuleId,
    address,
    requestId,
    changes: [...entry.changes],
  };
}
