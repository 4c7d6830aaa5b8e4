// Operations on what was used.
import { usagePageSchema, usageQuerySchema } from '../usage.ts';
import type { Operation } from './operation.ts';

export const usageOperations = {
  listUsage: {
    method: 'GET',
    path: '/v1/usage',
    tag: 'usage',
    summary: 'What endpoints used, by hour, day or month, and by endpoint',
    description: 'Poolers report every few seconds. Deleted endpoints are listed too.',
    scopes: ['read'],
    query: usageQuerySchema,
    status: 200,
    reply: usagePageSchema,
  },
} as const satisfies Record<string, Operation>;
