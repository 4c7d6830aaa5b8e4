// GET /v1/me: whose key this is, and what service it opens.
import { meSchema } from '@weir/api-contract';
import type { AddRoute } from '../../parts.ts';
import { callerOf } from '../../plugins/authenticate-caller.ts';
import { version } from '../../version.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addGetMe: AddRoute = (app, { config, fleet }) => {
  app.get(
    '/v1/me',
    {
      schema: {
        operationId: 'getMe',
        summary: 'Whose key this is, and what service it opens',
        tags: ['service'],
        security: withApiKey,
        response: { 200: meSchema, ...problemReplies },
      },
    },
    async (request) => {
      const { id, name, prefix, createdAt } = callerOf(request);
      return {
        apiKey: { id, name, prefix, createdAt: createdAt.toISOString() },
        service: { version, domain: config.domain, publicPort: config.publicPort, sharedState: fleet.kind },
      };
    },
  );
};
