// GET /v1/endpoints/:endpointId/databases: what clients can name as their database, as the server itself says.
import { askAsService } from '../../roles/ask-as.ts';
import { findOwnEndpoint } from '../../tenants/find-own-endpoint.ts';
import { readDatabases } from '../../upstream/server-facts.ts';
import type { Perform } from '../operation.ts';

export const listDatabases: Perform<'listDatabases'> = async ({ params, caller }, parts) => {
  const endpoint = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  return { databases: await askAsService(parts, endpoint, readDatabases) };
};
