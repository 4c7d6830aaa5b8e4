// GET /v1/endpoints/:endpointId/connection-strings: the strings for a role and a database, without any password.
import {
  connectionStringsQuerySchema,
  connectionStringsSchema,
  endpointParamsSchema,
} from '@weir/api-contract';
import { findEndpoint } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';
import { connectionStringsReply } from '../../tenants/connection-strings.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addGetConnectionStrings: AddRoute = (app, { catalog, config }) => {
  app.get(
    '/v1/endpoints/:endpointId/connection-strings',
    {
      schema: {
        operationId: 'getConnectionStrings',
        summary: 'Connection strings and snippets for a role and a database, without password',
        tags: ['endpoints'],
        security: withApiKey,
        params: endpointParamsSchema,
        querystring: connectionStringsQuerySchema,
        response: { 200: connectionStringsSchema, ...problemReplies },
      },
    },
    async (request) => {
      const endpoint = await findEndpoint(catalog, request.params.endpointId);
      if (endpoint === null) throw new ApiError('endpoint-not-found');
      return connectionStringsReply(endpoint, config, request.query);
    },
  );
};
