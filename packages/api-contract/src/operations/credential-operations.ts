// Operations on short-lived credentials.
import { z } from 'zod';
import {
  createCredentialBodySchema,
  createCredentialReplySchema,
  credentialPageSchema,
  credentialParamsSchema,
  credentialsQuerySchema,
} from '../credentials.ts';
import { tenantParamsSchema } from '../identity.ts';
import type { Operation } from './operation.ts';

export const credentialOperations = {
  createCredential: {
    method: 'POST',
    path: '/v1/tenants/:tenantId/credentials',
    tag: 'credentials',
    summary: 'Make a user name and a password that log in as a role for a short time, on both hosts',
    description:
      'The reply holds the password; nothing else ever does. The password of the role itself must be kept.',
    scopes: ['write', 'secrets'],
    isIdempotent: true,
    params: tenantParamsSchema,
    body: createCredentialBodySchema,
    status: 201,
    reply: createCredentialReplySchema,
  },
  listCredentials: {
    method: 'GET',
    path: '/v1/tenants/:tenantId/credentials',
    tag: 'credentials',
    summary: 'List the credentials of a tenant that have not expired, oldest first',
    scopes: ['read'],
    params: tenantParamsSchema,
    query: credentialsQuerySchema,
    status: 200,
    reply: credentialPageSchema,
  },
  revokeCredential: {
    method: 'DELETE',
    path: '/v1/tenants/:tenantId/credentials/:credentialId',
    tag: 'credentials',
    summary: 'Revoke a credential; sessions that have begun go on',
    scopes: ['write'],
    params: credentialParamsSchema,
    status: 204,
    reply: z.null().describe('It opens nothing any more'),
  },
} as const satisfies Record<string, Operation>;
