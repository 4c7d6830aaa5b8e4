// Operations on bans.
import { clearBansBodySchema, clearBansReplySchema, endpointBansSchema } from '../bans.ts';
import { endpointParamsSchema } from '../identity.ts';
import type { Operation } from './operation.ts';

export const banOperations = {
  getBans: {
    method: 'GET',
    path: '/v1/endpoints/:endpointId/bans',
    tag: 'endpoints',
    summary: 'Which sources may not log in now, since too many of their logins failed',
    scopes: ['read'],
    params: endpointParamsSchema,
    status: 200,
    reply: endpointBansSchema,
  },
  clearBans: {
    method: 'POST',
    path: '/v1/endpoints/:endpointId/bans/clear',
    tag: 'endpoints',
    summary: 'End bans; poolers hear of it within about a second',
    scopes: ['write'],
    params: endpointParamsSchema,
    body: clearBansBodySchema,
    status: 200,
    reply: clearBansReplySchema,
  },
} as const satisfies Record<string, Operation>;
