// GET /v1/tenants/:tenantId/endpoints: a page of a tenant's endpoints, by id.
import {
  endpointIdSchema,
  endpointPageSchema,
  pageQuerySchema,
  tenantParamsSchema,
} from '@weir/api-contract';
import { findTenant, listEndpoints } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';
import { endpointReply } from '../../tenants/replies.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addListEndpoints: AddRoute = (app, { catalog, config }) => {
  app.get(
    '/v1/tenants/:tenantId/endpoints',
    {
      schema: {
        operationId: 'listEndpoints',
        summary: 'List the endpoints of a tenant, by id',
        tags: ['endpoints'],
        security: withApiKey,
        params: tenantParamsSchema,
        querystring: pageQuerySchema.extend({ cursor: endpointIdSchema.optional() }),
        response: { 200: endpointPageSchema, ...problemReplies },
      },
    },
    async (request) => {
      const { tenantId } = request.params;
      const { limit, cursor } = request.query;
      if ((await findTenant(catalog, tenantId)) === null) throw new ApiError('tenant-not-found');
      const found = await listEndpoints(catalog, tenantId, { limit: limit + 1, afterId: cursor });
      const page = found.slice(0, limit);
      return {
        items: page.map((endpoint) => endpointReply(endpoint, config)),
        nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  );
};
