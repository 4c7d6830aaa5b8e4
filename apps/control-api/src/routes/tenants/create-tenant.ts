// POST /v1/tenants: a tenant with its first endpoint; the reply alone holds the password that was given.
import { createTenantBodySchema, createTenantReplySchema } from '@weir/api-contract';
import type { AddRoute } from '../../parts.ts';
import { connectionStringsReply } from '../../tenants/connection-strings.ts';
import { provisionTenant } from '../../tenants/provision-tenant.ts';
import { endpointReply, tenantReply } from '../../tenants/replies.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addCreateTenant: AddRoute = (app, parts) => {
  app.post(
    '/v1/tenants',
    {
      schema: {
        operationId: 'createTenant',
        summary: 'Create a tenant with its first endpoint; its database is tried out first, for at most 10 s',
        tags: ['tenants'],
        security: withApiKey,
        body: createTenantBodySchema,
        response: { 201: createTenantReplySchema, ...problemReplies },
      },
    },
    async (request, reply) => {
      const { tenant, endpoint } = await provisionTenant(parts, request.body);
      const { user, password } = request.body.upstream;
      reply.code(201).header('location', `/v1/tenants/${tenant.id}`);
      return {
        tenant: tenantReply(tenant),
        endpoint: endpointReply(endpoint, parts.config),
        connectionStrings: connectionStringsReply(endpoint, parts.config, { role: user, password }),
      };
    },
  );
};
