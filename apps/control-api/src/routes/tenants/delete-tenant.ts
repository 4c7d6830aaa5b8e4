// DELETE /v1/tenants/:tenantId: the tenant and its endpoints, for good once the time to undo it is over; the database itself is not touched.
import { deleteTenant as removeTenant } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { Perform } from '../operation.ts';

export const deleteTenant: Perform<'deleteTenant'> = async (
  { params, author, ifGeneration },
  { catalog, config, log },
) => {
  const { tenantId } = params;
  const outcome = await catalog.change(author, (change) =>
    removeTenant(change, tenantId, config.deletionGraceMs, ifGeneration),
  );
  if (outcome === 'absent') throw new ApiError('tenant-not-found');
  if (outcome === 'changed-meanwhile') throw new ApiError('precondition-failed');
  log.info({ tenantId }, 'tenant deleted');
  return null;
};
