// GET /v1/tenants/:tenantId: a tenant with its endpoints.

import { getTenantReplySchema, tenantParamsSchema } from '@weir/api-contract';
import { findTenant, listEndpoints } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';
import { endpointReply, tenantReply } from '../../tenants/replies.ts';
import { problemReplies, withApiKey } from '../operation.ts';

// Who has more lists them by page.
const endpointsShownMax = 200;

export const addGetTenant: AddRoute = (app, { catalog, config }) => {
  app.get(
    '/v1/tenants/:tenantId',
    {
      schema: {
        operationId: 'getTenant',
        summary: 'A tenant with its endpoints (the first 200)',
        tags: ['tenants'],
        security: withApiKey,
        params: tenantParamsSchema,
        response: { 200: getTenantReplySchema, ...problemReplies },
      },
    },
    async (request) => {
      const { tenantId } = request.params;
      const tenant = await findTenant(catalog, tenantId);
      if (tenant === null) throw new ApiError('tenant-not-found');
      const endpoints = await listEndpoints(catalog, tenantId, { limit: endpointsShownMax });
      return {
        ...tenantReply(tenant),
        endpoints: endpoints.map((endpoint) => endpointReply(endpoint, config)),
      };
    },
  );
};
