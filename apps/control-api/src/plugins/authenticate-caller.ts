// Who calls: the API key in the Authorization header, checked before anything of the request is read.
import { type ApiKeyRecord, findApiKey } from '@weir/catalog';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';
import type { App, Parts } from '../parts.ts';

const callers = new WeakMap<FastifyRequest, ApiKeyRecord>();

/** From here on every route of `app` needs a key. */
export function addAuthentication(app: App, { catalog }: Pick<Parts, 'catalog'>): void {
  app.addHook('onRequest', async (request) => {
    const match = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '');
    const key = match === null ? null : await findApiKey(catalog, match[1]!);
    if (key === null) throw new ApiError('unauthenticated');
    callers.set(request, key);
  });
}

/** The key of a request that was authenticated. */
export function callerOf(request: FastifyRequest): ApiKeyRecord {
  const key = callers.get(request);
  if (key === undefined) throw new ApiError('unauthenticated');
  return key;
}
