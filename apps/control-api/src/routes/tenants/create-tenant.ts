// POST /v1/tenants: a tenant with its first endpoint; the reply alone holds the password that was given.
import { connectionStringsReply } from '../../tenants/connection-strings.ts';
import { probeTiming } from '../../tenants/plan-endpoint.ts';
import { provisionTenant } from '../../tenants/provision-tenant.ts';
import { endpointReply, tenantReply } from '../../tenants/replies.ts';
import type { Perform } from '../operation.ts';

export const createTenant: Perform<'createTenant'> = ({ body, caller, create, reply }, parts) =>
  provisionTenant(parts, caller, body, create, (tenant, endpoint, probeMs) => {
    reply.header('server-timing', probeTiming(probeMs));
    reply.header('location', `/v1/tenants/${tenant.id}`);
    return {
      tenant: tenantReply(tenant),
      endpoint: endpointReply(endpoint, parts.config),
      connectionStrings: connectionStringsReply(endpoint, parts.config, {
        role: body.upstream.user,
        password: caller.scopes.includes('secrets') ? body.upstream.password : undefined,
      }),
    };
  });
