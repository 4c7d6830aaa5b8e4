// GET /v1/endpoints/:endpointId/activity: clients and servers now, over all processes and of each.
import { endpointActivitySchema, endpointParamsSchema } from '@weir/api-contract';
import { findEndpoint } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';
import { activityReply } from '../../tenants/activity.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addGetActivity: AddRoute = (app, { catalog, fleet }) => {
  app.get(
    '/v1/endpoints/:endpointId/activity',
    {
      schema: {
        operationId: 'getActivity',
        summary: 'Clients and servers now, with the budget',
        tags: ['endpoints'],
        security: withApiKey,
        params: endpointParamsSchema,
        response: { 200: endpointActivitySchema, ...problemReplies },
      },
    },
    async (request, reply) => {
      const endpoint = await findEndpoint(catalog, request.params.endpointId);
      if (endpoint === null) throw new ApiError('endpoint-not-found');
      reply.header('cache-control', 'no-store');
      return activityReply(endpoint, await fleet.registry.all(), new Date());
    },
  );
};
