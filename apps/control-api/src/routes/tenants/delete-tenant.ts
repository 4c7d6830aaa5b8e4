// DELETE /v1/tenants/:tenantId: the tenant, its endpoints and their secrets; the database itself is not touched.
import { retireTenant } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { Perform } from '../operation.ts';

export const deleteTenant: Perform<'deleteTenant'> = async ({ params, author }, { catalog, log }) => {
  const { tenantId } = params;
  const retired = await catalog.change(author, (change) => retireTenant(change, tenantId));
  if (!retired) throw new ApiError('tenant-not-found');
  log.info({ tenantId }, 'tenant deleted');
  return null;
};
