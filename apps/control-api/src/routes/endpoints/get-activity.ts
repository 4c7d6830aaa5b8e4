// GET /v1/endpoints/:endpointId/activity: clients and servers now, over all processes and of each; once, or each second.
import { activityReply } from '../../tenants/activity.ts';
import { findOwnEndpoint } from '../../tenants/find-own-endpoint.ts';
import type { Perform } from '../operation.ts';

export const getActivity: Perform<'getActivity'> = async (call, parts) => {
  const { params, caller, reply, wantsEvents } = call;
  const find = () => findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  const endpoint = await find();
  reply.header('cache-control', 'no-store');
  const first = activityReply(endpoint, await parts.fleet.registry.all(), new Date());
  if (!wantsEvents) return first;
  const { feed, streams } = parts.live;
  return streams.open(caller.id, first, async () => {
    const reports = await feed.next();
    // Asked anew: its budget changes, and it may be gone.
    return activityReply(await find(), reports, new Date());
  });
};
