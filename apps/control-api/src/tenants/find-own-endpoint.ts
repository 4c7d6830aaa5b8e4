// The endpoint that a caller asks for, if it is one of its organisation's.
import { type EndpointRecord, findEndpoint } from '@weir/catalog';
import { ApiError } from '../errors.ts';
import type { Parts } from '../parts.ts';

/** Throws ApiError `endpoint-not-found`, also for an endpoint of somebody else. */
export async function findOwnEndpoint(
  { catalog }: Pick<Parts, 'catalog'>,
  organisationId: string,
  endpointId: string,
): Promise<EndpointRecord> {
  const endpoint = await findEndpoint(catalog, organisationId, endpointId);
  if (endpoint === null) throw new ApiError('endpoint-not-found');
  return endpoint;
}
