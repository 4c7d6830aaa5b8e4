// GET /v1/tenants: a page of tenants, oldest first.
import { listTenants as readTenants } from '@weir/catalog';
import { isTenantId } from '@weir/tenancy';
import { tenantReply } from '../../tenants/replies.ts';
import { pageOf, positionOf } from '../cursor.ts';
import type { Perform } from '../operation.ts';

export const listTenants: Perform<'listTenants'> = async ({ query, caller }, { catalog }) => {
  const { limit, cursor, name, status } = query;
  const after = positionOf(cursor, isTenantId);
  const page = { limit: limit + 1, after, name, status };
  const found = await readTenants(catalog, caller.organisationId, page);
  return pageOf(found, limit, tenantReply);
};
