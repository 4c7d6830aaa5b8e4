// POST /v1/tenants/:tenantId/endpoints: one more endpoint of a tenant.
import { connectionStringsReply } from '../../tenants/connection-strings.ts';
import { probeTiming } from '../../tenants/plan-endpoint.ts';
import { provisionEndpoint } from '../../tenants/provision-endpoint.ts';
import { endpointReply } from '../../tenants/replies.ts';
import type { Perform } from '../operation.ts';

export const createEndpoint: Perform<'createEndpoint'> = ({ params, body, caller, create, reply }, parts) =>
  provisionEndpoint(parts, caller, params.tenantId, body, create, (endpoint, probeMs) => {
    reply.header('server-timing', probeTiming(probeMs));
    reply.header('location', `/v1/endpoints/${endpoint.id}`);
    return {
      endpoint: endpointReply(endpoint, parts.config),
      connectionStrings: connectionStringsReply(endpoint, parts.config, {
        role: body.upstream.user,
        password: caller.scopes.includes('secrets') ? body.upstream.password : undefined,
      }),
    };
  });
