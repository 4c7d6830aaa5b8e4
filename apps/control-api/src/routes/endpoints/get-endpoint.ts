// GET /v1/endpoints/:endpointId: an endpoint with its hosts, sizing and settings.
import { endpointParamsSchema, endpointSchema } from '@weir/api-contract';
import { findEndpoint } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';
import { endpointReply } from '../../tenants/replies.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addGetEndpoint: AddRoute = (app, { catalog, config }) => {
  app.get(
    '/v1/endpoints/:endpointId',
    {
      schema: {
        operationId: 'getEndpoint',
        summary: 'An endpoint with its hosts, sizing and settings',
        tags: ['endpoints'],
        security: withApiKey,
        params: endpointParamsSchema,
        response: { 200: endpointSchema, ...problemReplies },
      },
    },
    async (request) => {
      const endpoint = await findEndpoint(catalog, request.params.endpointId);
      if (endpoint === null) throw new ApiError('endpoint-not-found');
      return endpointReply(endpoint, config);
    },
  );
};
