// POST /v1/tenants/:tenantId/endpoints: one more endpoint of a tenant.
import { createEndpointBodySchema, createEndpointReplySchema, tenantParamsSchema } from '@weir/api-contract';
import type { AddRoute } from '../../parts.ts';
import { connectionStringsReply } from '../../tenants/connection-strings.ts';
import { provisionEndpoint } from '../../tenants/provision-endpoint.ts';
import { endpointReply } from '../../tenants/replies.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addCreateEndpoint: AddRoute = (app, parts) => {
  app.post(
    '/v1/tenants/:tenantId/endpoints',
    {
      schema: {
        operationId: 'createEndpoint',
        summary: 'Create an endpoint; its database is tried out first, for at most 10 s',
        tags: ['endpoints'],
        security: withApiKey,
        params: tenantParamsSchema,
        body: createEndpointBodySchema,
        response: { 201: createEndpointReplySchema, ...problemReplies },
      },
    },
    async (request, reply) => {
      const endpoint = await provisionEndpoint(parts, request.params.tenantId, request.body);
      const { user, password } = request.body.upstream;
      reply.code(201).header('location', `/v1/endpoints/${endpoint.id}`);
      return {
        endpoint: endpointReply(endpoint, parts.config),
        connectionStrings: connectionStringsReply(endpoint, parts.config, { role: user, password }),
      };
    },
  );
};
