// Creates a tenant with its first endpoint: try out the database, then write everything in one transaction.
import { randomBytes } from 'node:crypto';
import type { CreateTenantBody } from '@weir/api-contract';
import { type Author, createTenant, type EndpointRecord, type TenantRecord } from '@weir/catalog';
import { newTenantId } from '@weir/tenancy';
import type { Parts } from '../parts.ts';
import { planEndpoint, withFreshIds } from './plan-endpoint.ts';

/** Throws ApiError; then nothing was written. */
export async function provisionTenant(
  parts: Parts,
  author: Author,
  body: CreateTenantBody,
): Promise<{ tenant: TenantRecord; endpoint: EndpointRecord }> {
  const plan = await planEndpoint(parts, body);
  const created = await withFreshIds(plan, (endpoint) =>
    parts.catalog.change(author, (change) =>
      createTenant(change, { id: newTenantId(randomBytes), name: body.name }, endpoint),
    ),
  );
  parts.log.info({ tenantId: created.tenant.id, endpointId: created.endpoint.id }, 'tenant created');
  return created;
}
