// Operations on short-lived credentials.
import {
  findEndpoint,
  findTenant,
  listCredentials as readCredentials,
  revokeCredential as revoke,
} from '@weir/catalog';
import { isCredentialId } from '@weir/tenancy';
import { credentialReply, issueCredential } from '../../credentials/issue-credential.ts';
import { ApiError } from '../../errors.ts';
import { pageOf, positionOf } from '../cursor.ts';
import type { Perform } from '../operation.ts';

export const createCredential: Perform<'createCredential'> = async (
  { params, body, caller, create },
  parts,
) => {
  const { tenantId } = params;
  const { catalog } = parts;
  if ((await findTenant(catalog, caller.organisationId, tenantId)) === null) {
    throw new ApiError('tenant-not-found');
  }
  const endpoint = await findEndpoint(catalog, caller.organisationId, body.endpointId);
  if (endpoint === null) throw new ApiError('endpoint-not-found');
  return issueCredential(parts, tenantId, endpoint, body, create);
};

export const listCredentials: Perform<'listCredentials'> = async ({ params, query, caller }, { catalog }) => {
  const { limit, cursor, endpointId } = query;
  if ((await findTenant(catalog, caller.organisationId, params.tenantId)) === null) {
    throw new ApiError('tenant-not-found');
  }
  const after = positionOf(cursor, isCredentialId);
  const found = await readCredentials(catalog, params.tenantId, { limit: limit + 1, after, endpointId });
  return pageOf(found, limit, credentialReply);
};

export const revokeCredential: Perform<'revokeCredential'> = async ({ params, author }, { catalog, log }) => {
  const { tenantId, credentialId } = params;
  const isRevoked = await catalog.change(author, (change) => revoke(change, tenantId, credentialId));
  if (!isRevoked) throw new ApiError('credential-not-found');
  log.info({ credentialId }, 'credential revoked');
  return null;
};
