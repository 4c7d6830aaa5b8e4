// PATCH /v1/endpoints/:endpointId: settings, memory, status, or the database behind it.
import { changeEndpointBodySchema, endpointParamsSchema, endpointSchema } from '@weir/api-contract';
import type { AddRoute } from '../../parts.ts';
import { endpointReply } from '../../tenants/replies.ts';
import { reviseEndpoint } from '../../tenants/revise-endpoint.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addChangeEndpoint: AddRoute = (app, parts) => {
  app.patch(
    '/v1/endpoints/:endpointId',
    {
      schema: {
        operationId: 'changeEndpoint',
        summary: 'Change an endpoint; clients in a transaction are not dropped',
        description: 'With "upstream", even an empty one, the database is tried out again, for at most 10 s.',
        tags: ['endpoints'],
        security: withApiKey,
        params: endpointParamsSchema,
        body: changeEndpointBodySchema,
        response: { 200: endpointSchema, ...problemReplies },
      },
    },
    async (request) => {
      const endpoint = await reviseEndpoint(parts, request.params.endpointId, request.body);
      return endpointReply(endpoint, parts.config);
    },
  );
};
