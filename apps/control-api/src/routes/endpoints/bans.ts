// GET /v1/endpoints/:endpointId/bans, POST …/bans/clear: who may not log in now, and letting them in again.
import { noteBansCleared } from '@weir/catalog';
import { findOwnEndpoint } from '../../tenants/find-own-endpoint.ts';
import type { Perform } from '../operation.ts';

export const getBans: Perform<'getBans'> = async ({ params, caller, reply }, parts) => {
  const { id } = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  const now = Date.now();
  const read = await parts.fleet.bans.read(null);
  reply.header('cache-control', 'no-store');
  return {
    endpointId: params.endpointId,
    bans: (read?.bans ?? [])
      .filter(({ endpointId }) => endpointId === id)
      .map(({ source, leftMs }) => ({
        source,
        reason: 'failed-logins' as const,
        until: new Date(now + leftMs).toISOString(),
      })),
  };
};

export const clearBans: Perform<'clearBans'> = async ({ params, body, caller, author }, parts) => {
  const endpoint = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  const cleared = await parts.fleet.bans.clear(endpoint.id, body.source);
  await parts.catalog.change(author, (change) => noteBansCleared(change, endpoint, body.source, cleared));
  return { cleared };
};
