// PATCH /v1/tenants/:tenantId: rename, suspend, bring back.
import { findTenant, changeTenant as writeTenant } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import { tenantReply } from '../../tenants/replies.ts';
import type { Perform } from '../operation.ts';

export const changeTenant: Perform<'changeTenant'> = async (
  { params, body, author, ifGeneration },
  { catalog },
) => {
  const { tenantId } = params;
  const isChange = Object.values(body).some((value) => value !== undefined);
  if (!isChange) {
    const tenant = await findTenant(catalog, author.organisationId, tenantId);
    if (tenant === null) throw new ApiError('tenant-not-found');
    return tenantReply(tenant);
  }
  const tenant = await catalog.change(author, (change) => writeTenant(change, tenantId, body, ifGeneration));
  if (tenant === 'absent') throw new ApiError('tenant-not-found');
  if (tenant === 'changed-meanwhile') throw new ApiError('precondition-failed');
  return tenantReply(tenant);
};
