// Creates one more endpoint of a tenant: try out the database, then write everything in one transaction.
import type { CreateEndpointBody } from '@weir/api-contract';
import { type Author, createEndpoint, type EndpointRecord, findTenant } from '@weir/catalog';
import { ApiError } from '../errors.ts';
import type { Parts } from '../parts.ts';
import type { Create } from '../routes/once.ts';
import { planEndpoint, withFreshIds } from './plan-endpoint.ts';

/** Resolves to what `show` makes of the new endpoint. Throws ApiError; then nothing was written. */
export async function provisionEndpoint<Reply>(
  parts: Parts,
  author: Author,
  tenantId: string,
  body: CreateEndpointBody,
  create: Create<Reply>,
  show: (endpoint: EndpointRecord, probeMs: number) => Reply,
): Promise<Reply> {
  // Looked up first, so that nobody waits for a probe only to hear that the tenant does not exist.
  if ((await findTenant(parts.catalog, author.organisationId, tenantId)) === null) {
    throw new ApiError('tenant-not-found');
  }
  const { plan, probeMs } = await planEndpoint(parts, body);
  return withFreshIds(plan, (fresh) =>
    create(async (change) => {
      const endpoint = await createEndpoint(change, tenantId, fresh);
      if (endpoint === null) throw new ApiError('tenant-not-found');
      parts.log.info({ tenantId, endpointId: endpoint.id }, 'creating an endpoint');
      return show(endpoint, probeMs);
    }),
  );
}
