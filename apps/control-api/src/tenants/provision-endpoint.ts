// Creates one more endpoint of a tenant: try out the database, then write everything in one transaction.
import type { CreateEndpointBody } from '@weir/api-contract';
import { type CallerRecord, cellsOf, createEndpoint, type EndpointRecord, findTenant } from '@weir/catalog';
import { placeEndpoint } from '../cells.ts';
import { ApiError } from '../errors.ts';
import type { Parts } from '../parts.ts';
import type { Create } from '../routes/once.ts';
import { planEndpoint, withFreshIds } from './plan-endpoint.ts';

/** Resolves to what `show` makes of the new endpoint. Throws ApiError; then nothing was written. */
export async function provisionEndpoint<Reply>(
  parts: Parts,
  caller: CallerRecord,
  tenantId: string,
  body: CreateEndpointBody,
  create: Create<Reply>,
  show: (endpoint: EndpointRecord, probeMs: number) => Reply,
): Promise<Reply> {
  // Looked up first, so that nobody waits for a probe only to hear that the tenant does not exist.
  if ((await findTenant(parts.catalog, caller.organisationId, tenantId)) === null) {
    throw new ApiError('tenant-not-found');
  }
  const { isOperator } = caller.organisation;
  const kept = await cellsOf(parts.catalog, tenantId);
  const cell = placeEndpoint(parts.config.cells, body, { kept, isOperator });
  const { plan, probeMs } = await planEndpoint(parts, body, cell);
  return withFreshIds(plan, (fresh) =>
    create(async (change) => {
      const endpoint = await createEndpoint(change, tenantId, fresh);
      if (endpoint === null) throw new ApiError('tenant-not-found');
      parts.log.info({ tenantId, endpointId: endpoint.id }, 'creating an endpoint');
      return show(endpoint, probeMs);
    }),
  );
}
