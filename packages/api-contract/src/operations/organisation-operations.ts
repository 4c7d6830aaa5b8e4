// Operations on who may call: the caller itself, organisations and their API keys.
import { z } from 'zod';
import {
  apiKeyPageSchema,
  apiKeySchema,
  createApiKeyBodySchema,
  createApiKeyReplySchema,
} from '../api-keys.ts';
import { auditPageSchema, auditQuerySchema } from '../audit.ts';
import { apiKeyParamsSchema, organisationParamsSchema, pageQuerySchema } from '../identity.ts';
import { meSchema } from '../me.ts';
import {
  changeOrganisationBodySchema,
  createOrganisationBodySchema,
  createOrganisationReplySchema,
  organisationPageSchema,
  organisationSchema,
} from '../organisations.ts';
import { sealKeysSchema } from '../seal-keys.ts';
import type { Operation } from './operation.ts';

export const organisationOperations = {
  getMe: {
    method: 'GET',
    path: '/v1/me',
    tag: 'service',
    summary: 'Whose key this is, what it may do, and what service it opens',
    scopes: [],
    status: 200,
    reply: meSchema,
  },
  createOrganisation: {
    method: 'POST',
    path: '/v1/organisations',
    tag: 'organisations',
    summary: 'Create an organisation with its first API key',
    description: 'Only for keys of the organisation that runs this installation.',
    scopes: ['admin', 'secrets'],
    isIdempotent: true,
    forOperator: true,
    body: createOrganisationBodySchema,
    status: 201,
    reply: createOrganisationReplySchema,
  },
  listOrganisations: {
    method: 'GET',
    path: '/v1/organisations',
    tag: 'organisations',
    summary:
      'List organisations, oldest first: all for the one that runs the installation, else only its own',
    scopes: ['admin'],
    query: pageQuerySchema,
    status: 200,
    reply: organisationPageSchema,
  },
  getOrganisation: {
    method: 'GET',
    path: '/v1/organisations/:organisationId',
    tag: 'organisations',
    summary: 'An organisation',
    scopes: ['admin'],
    params: organisationParamsSchema,
    status: 200,
    reply: organisationSchema,
  },
  changeOrganisation: {
    method: 'PATCH',
    path: '/v1/organisations/:organisationId',
    tag: 'organisations',
    summary: 'Rename an organisation',
    scopes: ['admin'],
    params: organisationParamsSchema,
    body: changeOrganisationBodySchema,
    status: 200,
    reply: organisationSchema,
  },
  createApiKey: {
    method: 'POST',
    path: '/v1/api-keys',
    tag: 'organisations',
    summary: "Create an API key of the caller's organisation",
    description:
      'The reply holds the key; nothing else ever does. A key gives only scopes that it has itself.',
    scopes: ['admin', 'secrets'],
    isIdempotent: true,
    body: createApiKeyBodySchema,
    status: 201,
    reply: createApiKeyReplySchema,
  },
  listApiKeys: {
    method: 'GET',
    path: '/v1/api-keys',
    tag: 'organisations',
    summary: "List the API keys of the caller's organisation, oldest first, revoked ones too",
    scopes: ['admin'],
    query: pageQuerySchema,
    status: 200,
    reply: apiKeyPageSchema,
  },
  getApiKey: {
    method: 'GET',
    path: '/v1/api-keys/:apiKeyId',
    tag: 'organisations',
    summary: 'What is known of an API key, without the key',
    scopes: ['admin'],
    params: apiKeyParamsSchema,
    status: 200,
    reply: apiKeySchema,
  },
  revokeApiKey: {
    method: 'DELETE',
    path: '/v1/api-keys/:apiKeyId',
    tag: 'organisations',
    summary: 'Revoke an API key, at once and for ever',
    description: 'The last key that can manage keys is not revoked, since nobody could make another one.',
    scopes: ['admin'],
    params: apiKeyParamsSchema,
    status: 204,
    reply: z.null().describe('It opens nothing any more'),
  },
  getSealKeys: {
    method: 'GET',
    path: '/v1/seal-keys',
    tag: 'service',
    summary: 'What each seal key still seals, who has it, and which may be removed',
    description:
      'Only for keys of the organisation that runs this installation. Counts what there is at each call.',
    scopes: ['admin'],
    forOperator: true,
    status: 200,
    reply: sealKeysSchema,
  },
  listAudit: {
    method: 'GET',
    path: '/v1/audit',
    tag: 'organisations',
    summary: "The audit log of the caller's organisation, the newest entry first",
    scopes: ['admin'],
    query: auditQuerySchema,
    status: 200,
    reply: auditPageSchema,
  },
} as const satisfies Record<string, Operation>;
