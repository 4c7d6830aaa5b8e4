// GET /v1/tenants/:tenantId/endpoints: a page of a tenant's endpoints, by id.
import { findTenant, listEndpoints as readEndpoints } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import { endpointReply } from '../../tenants/replies.ts';
import type { Perform } from '../operation.ts';

export const listEndpoints: Perform<'listEndpoints'> = async (
  { params, query, caller },
  { catalog, config },
) => {
  const { tenantId } = params;
  const { limit, cursor, ...only } = query;
  if ((await findTenant(catalog, caller.organisationId, tenantId)) === null) {
    throw new ApiError('tenant-not-found');
  }
  const found = await readEndpoints(catalog, tenantId, { limit: limit + 1, afterId: cursor, ...only });
  const page = found.slice(0, limit);
  return {
    items: page.map((endpoint) => endpointReply(endpoint, config)),
    nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
  };
};
