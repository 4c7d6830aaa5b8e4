// GET /v1/endpoints/:endpointId/activity: clients and servers now, over all processes and of each.
import { activityReply } from '../../tenants/activity.ts';
import { findOwnEndpoint } from '../../tenants/find-own-endpoint.ts';
import type { Perform } from '../operation.ts';

export const getActivity: Perform<'getActivity'> = async ({ params, caller, reply }, parts) => {
  const endpoint = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  reply.header('cache-control', 'no-store');
  return activityReply(endpoint, await parts.fleet.registry.all(), new Date());
};
