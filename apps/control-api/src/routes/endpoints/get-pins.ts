// GET /v1/endpoints/:endpointId/pins: which server connections stay with one client now, and why, over all processes.
import { endpointParamsSchema, endpointPinsSchema } from '@weir/api-contract';
import { findEndpoint } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';
import { pinsReply } from '../../tenants/pins.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addGetPins: AddRoute = (app, { catalog, fleet }) => {
  app.get(
    '/v1/endpoints/:endpointId/pins',
    {
      schema: {
        operationId: 'getPins',
        summary: 'Pinned server connections now, with the reason of each',
        tags: ['endpoints'],
        security: withApiKey,
        params: endpointParamsSchema,
        response: { 200: endpointPinsSchema, ...problemReplies },
      },
    },
    async (request, reply) => {
      const { endpointId } = request.params;
      if ((await findEndpoint(catalog, endpointId)) === null) throw new ApiError('endpoint-not-found');
      reply.header('cache-control', 'no-store');
      return pinsReply(endpointId, await fleet.registry.all(), new Date());
    },
  );
};
