// Operations on trust rules, and the exchange of a token by one.
import { z } from 'zod';
import { createCredentialReplySchema } from '../credentials.ts';
import { pageQuerySchema, tenantParamsSchema } from '../identity.ts';
import {
  changeTrustRuleBodySchema,
  createTrustRuleBodySchema,
  exchangeTokenBodySchema,
  trustRulePageSchema,
  trustRuleParamsSchema,
  trustRuleSchema,
} from '../trust-rules.ts';
import type { Operation } from './operation.ts';

export const trustRuleOperations = {
  createTrustRule: {
    method: 'POST',
    path: '/v1/tenants/:tenantId/trust-rules',
    tag: 'credentials',
    summary: 'Trust the OIDC tokens of an issuer, an audience and a subject with credentials of a role',
    description: 'See docs/oidc.md, with examples for Vercel and GitHub Actions.',
    // Whoever makes a rule can have credentials by it, and those hold passwords.
    scopes: ['write', 'secrets'],
    isIdempotent: true,
    params: tenantParamsSchema,
    body: createTrustRuleBodySchema,
    status: 201,
    reply: trustRuleSchema,
  },
  listTrustRules: {
    method: 'GET',
    path: '/v1/tenants/:tenantId/trust-rules',
    tag: 'credentials',
    summary: 'List the trust rules of a tenant, oldest first',
    scopes: ['read'],
    params: tenantParamsSchema,
    query: pageQuerySchema,
    status: 200,
    reply: trustRulePageSchema,
  },
  getTrustRule: {
    method: 'GET',
    path: '/v1/tenants/:tenantId/trust-rules/:trustRuleId',
    tag: 'credentials',
    summary: 'A trust rule',
    scopes: ['read'],
    hasEtag: true,
    params: trustRuleParamsSchema,
    status: 200,
    reply: trustRuleSchema,
  },
  changeTrustRule: {
    method: 'PATCH',
    path: '/v1/tenants/:tenantId/trust-rules/:trustRuleId',
    tag: 'credentials',
    summary: 'Change whose tokens a rule trusts, or for how long; credentials that were lent stay',
    scopes: ['write', 'secrets'],
    hasEtag: true,
    params: trustRuleParamsSchema,
    body: changeTrustRuleBodySchema,
    status: 200,
    reply: trustRuleSchema,
  },
  deleteTrustRule: {
    method: 'DELETE',
    path: '/v1/tenants/:tenantId/trust-rules/:trustRuleId',
    tag: 'credentials',
    summary:
      'Delete a trust rule, and revoke the credentials that were lent by it; sessions that have begun go on',
    scopes: ['write'],
    hasEtag: true,
    params: trustRuleParamsSchema,
    status: 204,
    reply: z.null().describe('It trusts nobody any more'),
  },
  exchangeToken: {
    method: 'POST',
    path: '/v1/credentials/exchange',
    tag: 'credentials',
    summary: 'Exchange an OIDC token for a short-lived credential, as a trust rule allows',
    description: 'The reply holds the password; nothing else ever does.',
    scopes: [],
    isOpen: true,
    body: exchangeTokenBodySchema,
    status: 201,
    reply: createCredentialReplySchema,
  },
} as const satisfies Record<string, Operation>;
