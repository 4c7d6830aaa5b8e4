// POST /v1/endpoints/:endpointId/allowed-addresses/try: whom a list of allowed addresses would let in.
import { findOwnEndpoint } from '../../tenants/find-own-endpoint.ts';
import { triedAddresses } from '../../tenants/tried-addresses.ts';
import type { Perform } from '../operation.ts';

export const tryAddresses: Perform<'tryAddresses'> = async (
  { params, body, caller, author, reply },
  parts,
) => {
  const { id } = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  reply.header('cache-control', 'no-store');
  return triedAddresses(id, body.allowedAddresses, author.address, await parts.fleet.registry.all());
};
