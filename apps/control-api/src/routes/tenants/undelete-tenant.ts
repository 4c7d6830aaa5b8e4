// POST /v1/tenants/:tenantId/undelete: a deleted tenant comes back as it was.
import { undeleteTenant as restoreTenant } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import { tenantReply } from '../../tenants/replies.ts';
import type { Perform } from '../operation.ts';

export const undeleteTenant: Perform<'undeleteTenant'> = async ({ params, author }, { catalog, log }) => {
  const { tenantId } = params;
  const tenant = await catalog.change(author, (change) => restoreTenant(change, tenantId));
  if (tenant === null) throw new ApiError('tenant-not-deleted');
  log.info({ tenantId }, 'tenant undeleted');
  return tenantReply(tenant);
};
