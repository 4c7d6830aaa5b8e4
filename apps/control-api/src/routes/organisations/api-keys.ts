// Operations on the API keys of the caller's organisation.
import {
  findApiKey,
  listApiKeys as readApiKeys,
  revokeApiKey as revoke,
  createApiKey as writeApiKey,
} from '@weir/catalog';
import { isApiKeyId } from '@weir/tenancy';
import { apiKeyReply } from '../../callers/replies.ts';
import { ApiError } from '../../errors.ts';
import { pageOf, positionOf } from '../cursor.ts';
import type { Perform } from '../operation.ts';

export const createApiKey: Perform<'createApiKey'> = async ({ body, caller, create, reply }, { log }) => {
  const { name, scopes } = body;
  const notHeld = scopes.filter((scope) => !caller.scopes.includes(scope));
  if (notHeld.length > 0) {
    throw new ApiError('scope-missing', {
      detail: `a key gives only scopes that it has, and this one has no ${notHeld.join(' and ')}`,
    });
  }
  const expiresAt = body.expiresAt == null ? null : new Date(body.expiresAt);
  if (expiresAt !== null && !(expiresAt.getTime() > Date.now())) {
    throw new ApiError('validation-failed', {
      faults: [{ field: 'expiresAt', message: 'must be in the future' }],
    });
  }
  return create(async (change) => {
    const choice = { name, scopes, expiresAt };
    const { record, secret } = await writeApiKey(change, caller.organisationId, choice);
    log.info({ createdApiKeyId: record.id, scopes }, 'creating an API key');
    reply.header('location', `/v1/api-keys/${record.id}`);
    return { apiKey: apiKeyReply(record), secret };
  });
};

export const listApiKeys: Perform<'listApiKeys'> = async ({ query, caller }, { catalog }) => {
  const { limit, cursor } = query;
  const after = positionOf(cursor, isApiKeyId);
  const found = await readApiKeys(catalog, caller.organisationId, { limit: limit + 1, after });
  return pageOf(found, limit, apiKeyReply);
};

export const getApiKey: Perform<'getApiKey'> = async ({ params, caller }, { catalog }) => {
  const key = await findApiKey(catalog, caller.organisationId, params.apiKeyId);
  if (key === null) throw new ApiError('api-key-not-found');
  return apiKeyReply(key);
};

export const revokeApiKey: Perform<'revokeApiKey'> = async (
  { params, author, ifGeneration },
  { catalog, log },
) => {
  const { apiKeyId } = params;
  const outcome = await catalog.change(author, (change) => revoke(change, apiKeyId, ifGeneration));
  if (outcome === 'absent') throw new ApiError('api-key-not-found');
  if (outcome === 'changed-meanwhile') throw new ApiError('precondition-failed');
  if (outcome === 'last-admin') throw new ApiError('last-admin-key');
  log.info({ revokedApiKeyId: apiKeyId }, 'API key revoked');
  return null;
};
