// GET /v1/endpoints/:endpointId/connection-strings: the strings for a role and a database, without any password.
import { connectionStringsReply } from '../../tenants/connection-strings.ts';
import { findOwnEndpoint } from '../../tenants/find-own-endpoint.ts';
import type { Perform } from '../operation.ts';

export const getConnectionStrings: Perform<'getConnectionStrings'> = async (
  { params, query, caller },
  parts,
) => {
  const endpoint = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  return connectionStringsReply(endpoint, parts.config, query);
};
