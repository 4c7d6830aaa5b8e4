// Trust rules as the API shows them.
import type { TrustRuleReply } from '@weir/api-contract';
import type { TrustRuleRecord } from '@weir/catalog';

export function trustRuleReply(rule: TrustRuleRecord): TrustRuleReply {
  const { id, tenantId, endpointId, createdAt, updatedAt, claims, ...rest } = rule;
  return {
    ...rest,
    id: id as TrustRuleReply['id'],
    tenantId: tenantId as TrustRuleReply['tenantId'],
    endpointId: endpointId as TrustRuleReply['endpointId'],
    claims: { ...claims },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
