// GET /v1/tenants: a page of tenants, oldest first.

import { pageQuerySchema, tenantPageSchema } from '@weir/api-contract';
import { listTenants, type TenantPosition } from '@weir/catalog';
import { isTenantId } from '@weir/tenancy';
import { ApiError } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';
import { tenantReply } from '../../tenants/replies.ts';
import { problemReplies, withApiKey } from '../operation.ts';

export const addListTenants: AddRoute = (app, { catalog }) => {
  app.get(
    '/v1/tenants',
    {
      schema: {
        operationId: 'listTenants',
        summary: 'List tenants, oldest first',
        tags: ['tenants'],
        security: withApiKey,
        querystring: pageQuerySchema,
        response: { 200: tenantPageSchema, ...problemReplies },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const after = cursor === undefined ? undefined : readCursor(cursor);
      // One more than asked for tells whether there is a next page.
      const found = await listTenants(catalog, { limit: limit + 1, after });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(tenantReply),
        nextCursor: found.length > limit && last !== undefined ? writeCursor(last) : null,
      };
    },
  );
};

function writeCursor({ createdAt, id }: TenantPosition): string {
  return `${createdAt.getTime()}.${id}`;
}

function readCursor(cursor: string): TenantPosition {
  const [time = '', id = ''] = cursor.split('.', 2);
  if (!/^\d{1,14}$/.test(time) || !isTenantId(id)) {
    throw new ApiError('validation-failed', {
      faults: [{ field: 'cursor', message: 'is not a nextCursor of this list' }],
    });
  }
  return { createdAt: new Date(Number(time)), id };
}
