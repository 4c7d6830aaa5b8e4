// Who calls, and whether they may: the API key in the Authorization header, checked before anything of the request is read.
import type { Operation } from '@weir/api-contract';
import { type CallerRecord, findCaller } from '@weir/catalog';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';
import type { App, Parts } from '../parts.ts';
import { createRateLimit, type LimitRate } from './limit-rate.ts';

const callers = new WeakMap<FastifyRequest, CallerRecord>();

/** From here on every route of `app` is an operation of the contract, and needs a key with that operation's scopes. */
export function addAuthentication(
  app: App,
  { catalog, keyUse, config }: Pick<Parts, 'catalog' | 'keyUse' | 'config'>,
): void {
  const keyIdOf = (request: FastifyRequest) => callerOf(request).id;
  const limitRate = createRateLimit(app, config.requestsPerMinute, keyIdOf);
  const limitOwnRate = new Map<Operation, LimitRate>();
  app.addHook('onRoute', (route) => {
    const operation = route.config?.operation;
    if (operation === undefined) {
      throw new Error(
        `${String(route.method)} ${route.url} has no operation that says which scopes it needs`,
      );
    }
    const { requestsPerMinuteMax } = operation;
    if (requestsPerMinuteMax !== undefined) {
      limitOwnRate.set(operation, createRateLimit(app, requestsPerMinuteMax, keyIdOf));
    }
  });
  app.addHook('onRequest', async (request, reply) => {
    const match = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '');
    const caller = match === null ? null : await findCaller(catalog, match[1]!);
    if (caller === null) throw new ApiError('unauthenticated');
    keyUse.note(caller);
    callers.set(request, caller);
    await limitRate(request, reply);
    const operation = request.routeOptions.config.operation!;
    const missing = operation.scopes.filter((scope) => !caller.scopes.includes(scope));
    if (missing.length > 0) {
      throw new ApiError('scope-missing', { detail: `the key has no scope ${missing.join(' and ')}` });
    }
    await limitOwnRate.get(operation)?.(request, reply);
    if (operation.forOperator && !caller.organisation.isOperator) throw new ApiError('operator-only');
  });
}

/** The key of a request that was authenticated. */
export function callerOf(request: FastifyRequest): CallerRecord {
  const caller = callers.get(request);
  if (caller === undefined) throw new ApiError('unauthenticated');
  return caller;
}
