// DELETE /v1/tenants/:tenantId: the tenant, its endpoints and their secrets; the database itself is not touched.
import { retireTenant } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { Perform } from '../operation.ts';

export const deleteTenant: Perform<'deleteTenant'> = async (
  { params, author, ifGeneration },
  { catalog, log },
) => {
  const { tenantId } = params;
  const outcome = await catalog.change(author, (change) => retireTenant(change, tenantId, ifGeneration));
  if (outcome === 'absent') throw new ApiError('tenant-not-found');
  if (outcome === 'changed-meanwhile') throw new ApiError('precondition-failed');
  log.info({ tenantId }, 'tenant deleted');
  return null;
};
