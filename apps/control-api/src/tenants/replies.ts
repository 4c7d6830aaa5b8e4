// The catalog's records as the API shows them.
import type { EndpointReply, TenantReply } from '@weir/api-contract';
import type { EndpointRecord, TenantRecord } from '@weir/catalog';
import { domainOfRegion, hostOf } from '@weir/tenancy';
import type { ControlApiConfig } from '../config.ts';

export function tenantReply(tenant: TenantRecord): TenantReply {
  const { id, organisationId, name, status, suspendedReason, purgeAt } = tenant;
  const { generation, endpointCount, createdAt, updatedAt } = tenant;
  return {
    id: id as TenantReply['id'],
    organisationId: organisationId as TenantReply['organisationId'],
    name,
    status,
    suspendedReason,
    purgeAt: purgeAt?.toISOString() ?? null,
    generation,
    endpointCount,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** As of now: what was seen last, and whether the budget is more than the server allows. */
export function healthReply({ health, sizing }: EndpointRecord): EndpointReply['health'] {
  const { state, since, code, latencyMs, seenAt } = health;
  const { budget, maxConnections, reservedConnections } = sizing;
  const allowed = maxConnections === null ? null : maxConnections - (reservedConnections ?? 0);
  return { state, since, code, latencyMs, seenAt, exceedsServer: allowed !== null && budget > allowed };
}

export function endpointReply(
  endpoint: EndpointRecord,
  { domain, publicPort }: Pick<ControlApiConfig, 'domain' | 'publicPort'>,
): EndpointReply {
  return {
    id: endpoint.id as EndpointReply['id'],
    tenantId: endpoint.tenantId as EndpointReply['tenantId'],
    status: endpoint.status,
    kind: endpoint.kind,
    region: endpoint.region,
    cell: endpoint.cell,
    generation: endpoint.generation,
    hosts: {
      pooled: hostOf(endpoint.id, true, domainOfRegion(endpoint.region, domain)),
      direct: hostOf(endpoint.id, false, domainOfRegion(endpoint.region, domain)),
      port: publicPort,
    },
    upstream: { ...endpoint.upstream, database: endpoint.defaultDatabase, user: endpoint.serviceRole },
    defaultDatabase: endpoint.defaultDatabase,
    budget: endpoint.sizing.budget,
    sizing: endpoint.sizing,
    settings: {
      ...endpoint.settings,
      allowedAddresses: endpoint.settings.allowedAddresses?.slice() ?? null,
      overrides: [...endpoint.settings.overrides],
    },
    orders: { ...endpoint.orders, pools: [...endpoint.orders.pools] },
    authQuery: endpoint.authQuery,
    health: healthReply(endpoint),
    roles: endpoint.roles.map(({ name, verifierIsServers }) => ({ name, verifierIsServers })),
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
}
