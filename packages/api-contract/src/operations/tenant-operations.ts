// Operations on tenants.
import { z } from 'zod';
import { tenantParamsSchema } from '../identity.ts';
import {
  changeTenantBodySchema,
  createTenantBodySchema,
  createTenantReplySchema,
  getTenantReplySchema,
  tenantPageSchema,
  tenantSchema,
  tenantsQuerySchema,
} from '../tenants.ts';
import type { Operation } from './operation.ts';

export const tenantOperations = {
  createTenant: {
    method: 'POST',
    path: '/v1/tenants',
    tag: 'tenants',
    summary: 'Create a tenant with its first endpoint; its database is tried out first, for at most 10 s',
    description: 'With scope secrets the connection strings of the reply hold the password that was given.',
    scopes: ['write'],
    isIdempotent: true,
    body: createTenantBodySchema,
    status: 201,
    reply: createTenantReplySchema,
  },
  listTenants: {
    method: 'GET',
    path: '/v1/tenants',
    tag: 'tenants',
    summary: 'List tenants, oldest first',
    scopes: ['read'],
    query: tenantsQuerySchema,
    status: 200,
    reply: tenantPageSchema,
  },
  getTenant: {
    method: 'GET',
    path: '/v1/tenants/:tenantId',
    tag: 'tenants',
    summary: 'A tenant with its endpoints (the first 200)',
    scopes: ['read'],
    hasEtag: true,
    params: tenantParamsSchema,
    status: 200,
    reply: getTenantReplySchema,
  },
  changeTenant: {
    method: 'PATCH',
    path: '/v1/tenants/:tenantId',
    tag: 'tenants',
    summary: 'Rename, suspend or bring back a tenant',
    scopes: ['write'],
    hasEtag: true,
    params: tenantParamsSchema,
    body: changeTenantBodySchema,
    status: 200,
    reply: tenantSchema,
  },
  deleteTenant: {
    method: 'DELETE',
    path: '/v1/tenants/:tenantId',
    tag: 'tenants',
    summary: 'Delete a tenant with its endpoints; its databases are not touched',
    scopes: ['write'],
    hasEtag: true,
    params: tenantParamsSchema,
    status: 204,
    reply: z.null().describe('It is gone'),
  },
} as const satisfies Record<string, Operation>;
