// DELETE /v1/tenants/:tenantId: the tenant, its endpoints and their secrets; the database itself is not touched.
import { tenantParamsSchema } from '@weir/api-contract';
import { retireTenant } from '@weir/catalog';
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addDeleteTenant: AddRoute = (app, { catalog, log }) => {
  app.delete(
    '/v1/tenants/:tenantId',
    {
      schema: {
        operationId: 'deleteTenant',
        summary: 'Delete a tenant with its endpoints; its databases are not touched',
        tags: ['tenants'],
        security: withApiKey,
        params: tenantParamsSchema,
        response: { 204: z.null().describe('It is gone'), ...problemReplies },
      },
    },
    async (request, reply) => {
      const { tenantId } = request.params;
      if (!(await retireTenant(catalog, tenantId))) throw new ApiError('tenant-not-found');
      log.info({ tenantId }, 'tenant deleted');
      return reply.code(204).send(null);
    },
  );
};
