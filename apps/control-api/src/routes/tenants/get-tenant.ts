// GET /v1/tenants/:tenantId: a tenant with its endpoints.
import { findTenant, listEndpoints } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import { endpointReply, tenantReply } from '../../tenants/replies.ts';
import type { Perform } from '../operation.ts';

// Who has more lists them by page.
const endpointsShownMax = 200;

export const getTenant: Perform<'getTenant'> = async ({ params, caller }, { catalog, config }) => {
  const { tenantId } = params;
  const tenant = await findTenant(catalog, caller.organisationId, tenantId);
  if (tenant === null) throw new ApiError('tenant-not-found');
  const endpoints = await listEndpoints(catalog, tenantId, { limit: endpointsShownMax });
  return {
    ...tenantReply(tenant),
    endpoints: endpoints.map((endpoint) => endpointReply(endpoint, config)),
  };
};
