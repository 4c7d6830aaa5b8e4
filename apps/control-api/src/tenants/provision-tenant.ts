// Creates a tenant with its first endpoint: try out the database, then write everything in one transaction.
import { randomBytes } from 'node:crypto';
import type { CreateTenantBody } from '@weir/api-contract';
import { type CallerRecord, createTenant, type EndpointRecord, type TenantRecord } from '@weir/catalog';
import { newTenantId } from '@weir/tenancy';
import { placeEndpoint } from '../cells.ts';
import type { Parts } from '../parts.ts';
import type { Create } from '../routes/once.ts';
import { planEndpoint, withFreshIds } from './plan-endpoint.ts';

/** Resolves to what `show` makes of the new tenant. Throws ApiError; then nothing was written. */
export async function provisionTenant<Reply>(
  parts: Parts,
  caller: CallerRecord,
  body: CreateTenantBody,
  create: Create<Reply>,
  show: (tenant: TenantRecord, endpoint: EndpointRecord, probeMs: number) => Reply,
): Promise<Reply> {
  const { isOperator } = caller.organisation;
  const cell = placeEndpoint(parts.config.cells, body, { kept: [], isOperator });
  const { plan, probeMs } = await planEndpoint(parts, body, cell);
  return withFreshIds(plan, (fresh) =>
    create(async (change) => {
      const id = newTenantId(randomBytes);
      const { tenant, endpoint } = await createTenant(change, { id, name: body.name }, fresh);
      parts.log.info({ tenantId: id, endpointId: endpoint.id }, 'creating a tenant');
      return show(tenant, endpoint, probeMs);
    }),
  );
}
