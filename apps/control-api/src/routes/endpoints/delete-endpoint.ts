// DELETE /v1/endpoints/:endpointId: the endpoint and its secrets; the database itself is not touched.
import { retireEndpoint } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { Perform } from '../operation.ts';

export const deleteEndpoint: Perform<'deleteEndpoint'> = async (
  { params, author, ifGeneration },
  { catalog, log },
) => {
  const { endpointId } = params;
  const outcome = await catalog.change(author, (change) => retireEndpoint(change, endpointId, ifGeneration));
  if (outcome === 'absent') throw new ApiError('endpoint-not-found');
  if (outcome === 'changed-meanwhile') throw new ApiError('precondition-failed');
  log.info({ endpointId }, 'endpoint deleted');
  return null;
};
