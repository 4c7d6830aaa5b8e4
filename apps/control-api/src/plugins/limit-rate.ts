// How many requests a minute a key or a source may make, and the headers that tell how many are left.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';
import type { App } from '../parts.ts';

const windowMs = 60_000;

/** Counts a request. Throws ApiError `too-many-requests`. */
export type LimitRate = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Each process counts for itself. `keyOf` names for whom a request counts; `app` must have the rate limit plugin. */
export function createRateLimit(
  app: App,
  requestsPerMinute: number,
  keyOf: (request: FastifyRequest) => string,
): LimitRate {
  const count = app.createRateLimit({ max: requestsPerMinute, timeWindow: windowMs, keyGenerator: keyOf });
  return async (request, reply) => {
    const counted = await count(request);
    // Nobody is on the plugin's list of those that are let past.
    if (counted.isAllowed) return;
    reply.header('ratelimit-limit', counted.max);
    reply.header('ratelimit-remaining', counted.remaining);
    reply.header('ratelimit-reset', counted.ttlInSeconds);
    if (!counted.isExceeded) return;
    reply.header('retry-after', counted.ttlInSeconds);
    throw new ApiError('too-many-requests', {
      detail: `${counted.max} requests a minute are allowed, and the next minute begins in ${counted.ttlInSeconds} s`,
    });
  };
}
