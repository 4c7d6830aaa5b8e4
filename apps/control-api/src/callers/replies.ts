// Organisations and API keys as the API shows them.
import type { ApiKeyReply, OrganisationReply } from '@weir/api-contract';
import type { ApiKeyRecord, OrganisationRecord } from '@weir/catalog';

export function organisationReply(organisation: OrganisationRecord): OrganisationReply {
  const { id, name, isOperator, generation, createdAt, updatedAt } = organisation;
  return {
    id: id as OrganisationReply['id'],
    name,
    isOperator,
    generation,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

export function apiKeyReply(key: ApiKeyRecord): ApiKeyReply {
  return {
    id: key.id as ApiKeyReply['id'],
    organisationId: key.organisationId as ApiKeyReply['organisationId'],
    name: key.name,
    prefix: key.prefix,
    scopes: [...key.scopes],
    generation: key.generation,
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
  };
}
