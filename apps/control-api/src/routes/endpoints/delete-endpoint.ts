// DELETE /v1/endpoints/:endpointId: the endpoint and its secrets; the database itself is not touched.
import { endpointParamsSchema } from '@weir/api-contract';
import { retireEndpoint } from '@weir/catalog';
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addDeleteEndpoint: AddRoute = (app, { catalog, log }) => {
  app.delete(
    '/v1/endpoints/:endpointId',
    {
      schema: {
        operationId: 'deleteEndpoint',
        summary: 'Delete an endpoint; its database is not touched',
        tags: ['endpoints'],
        security: withApiKey,
        params: endpointParamsSchema,
        response: { 204: z.null().describe('It is gone'), ...problemReplies },
      },
    },
    async (request, reply) => {
      const { endpointId } = request.params;
      if (!(await retireEndpoint(catalog, endpointId))) throw new ApiError('endpoint-not-found');
      log.info({ endpointId }, 'endpoint deleted');
      return reply.code(204).send(null);
    },
  );
};
