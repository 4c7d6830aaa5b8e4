// DELETE /v1/endpoints/:endpointId: the endpoint and its secrets; the database itself is not touched.
import { retireEndpoint } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import type { Perform } from '../operation.ts';

export const deleteEndpoint: Perform<'deleteEndpoint'> = async ({ params, author }, { catalog, log }) => {
  const { endpointId } = params;
  const retired = await catalog.change(author, (change) => retireEndpoint(change, endpointId));
  if (!retired) throw new ApiError('endpoint-not-found');
  log.info({ endpointId }, 'endpoint deleted');
  return null;
};
