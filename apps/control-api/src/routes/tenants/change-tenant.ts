// PATCH /v1/tenants/:tenantId: rename, suspend, bring back.
import { changeTenantBodySchema, tenantParamsSchema, tenantSchema } from '@weir/api-contract';
import { changeTenant, findTenant } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';
import { tenantReply } from '../../tenants/replies.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addChangeTenant: AddRoute = (app, { catalog }) => {
  app.patch(
    '/v1/tenants/:tenantId',
    {
      schema: {
        operationId: 'changeTenant',
        summary: 'Rename, suspend or bring back a tenant',
        tags: ['tenants'],
        security: withApiKey,
        params: tenantParamsSchema,
        body: changeTenantBodySchema,
        response: { 200: tenantSchema, ...problemReplies },
      },
    },
    async (request) => {
      const { tenantId } = request.params;
      const isChange = Object.values(request.body).some((value) => value !== undefined);
      const tenant = await (isChange
        ? changeTenant(catalog, tenantId, request.body)
        : findTenant(catalog, tenantId));
      if (tenant === null) throw new ApiError('tenant-not-found');
      return tenantReply(tenant);
    },
  );
};
