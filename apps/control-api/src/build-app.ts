// The HTTP side as a whole: plugins, then the operations, each from its own file.
import { randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { isOpenOperation, operationIds } from '@weir/api-contract';
import fastify from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { ApiError } from './errors.ts';
import { describeApi } from './openapi-document.ts';
import type { AddRoute, App, Parts } from './parts.ts';
import { addAuthentication } from './plugins/authenticate-caller.ts';
import { addDashboard } from './plugins/dashboard.ts';
import { addErrorReply, sendProblem } from './plugins/error-reply.ts';
import { limitSources } from './plugins/limit-sources.ts';
import { addOpenOperation } from './routes/open-operation.ts';
import { addOperation } from './routes/operation.ts';
import { performances } from './routes/performances.ts';
import { addOpenApi } from './routes/service/openapi.ts';
import { addProbes } from './routes/service/probes.ts';
import { version } from './version.ts';

const openRoutes: readonly AddRoute[] = [addProbes, addOpenApi];

// A CA file of 256 kB, escaped, and the rest of a body with room to spare.
const bodyBytesMax = 512 * 1024;

function requestIdIn(header: unknown): string | null {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : null;
}

/** The app, ready to listen or to be asked for its OpenAPI document. Nothing is called before a request comes. */
export async function buildApp(parts: Parts): Promise<App> {
  const app: App = fastify({
    // One line a failure, written where the failure ends; none a request.
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: 30_000,
    // A caller that names its requests finds them by that name.
    genReqId: ({ headers }) => requestIdIn(headers['x-request-id']) ?? randomUUID(),
    forceCloseConnections: 'idle',
    // Paths that the router cannot even read: no route's own errors come from there.
    frameworkErrors: (error, request, reply) =>
      sendProblem(request, reply, new ApiError('no-such-route', { cause: error })),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  addErrorReply(app, parts.log);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Weir', description: 'Tenants, endpoints and their connection strings.', version },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: describeApi,
  });
  await app.register(rateLimit, { global: false });
  app.register(async (open) => {
    for (const add of openRoutes) add(open as App, parts);
  });
  app.register(async (open) => {
    limitSources(open as App, parts.config.exchangesPerMinute);
    for (const id of operationIds.filter(isOpenOperation)) {
      addOpenOperation(open as App, parts, id, performances[id]);
    }
  });
  app.register(async (closed) => {
    addAuthentication(closed as App, parts);
    for (const id of operationIds) {
      if (!isOpenOperation(id)) addOperation(closed as App, parts, id, performances[id] as never);
    }
  });
  addDashboard(app, parts.config.dashboardDir);
  await app.ready();
  return app;
}
