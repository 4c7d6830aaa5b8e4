// GET /v1/endpoints/:endpointId/pins: which server connections stay with one client now, and why, over all processes.
import { findOwnEndpoint } from '../../tenants/find-own-endpoint.ts';
import { pinsReply } from '../../tenants/pins.ts';
import type { Perform } from '../operation.ts';

export const getPins: Perform<'getPins'> = async ({ params, caller, reply }, parts) => {
  const { id } = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  reply.header('cache-control', 'no-store');
  return pinsReply(id, await parts.fleet.registry.all(), new Date());
};
