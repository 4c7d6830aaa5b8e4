// The HTTP side as a whole: plugins, then the operations, each from its own file.
import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import fastify from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { describeApi } from './openapi-document.ts';
import type { AddRoute, App, Parts } from './parts.ts';
import { addAuthentication } from './plugins/authenticate-caller.ts';
import { addDashboard } from './plugins/dashboard.ts';
import { addErrorReply } from './plugins/error-reply.ts';
import { addChangeEndpoint } from './routes/endpoints/change-endpoint.ts';
import { addCreateEndpoint } from './routes/endpoints/create-endpoint.ts';
import { addDeleteEndpoint } from './routes/endpoints/delete-endpoint.ts';
import { addGetActivity } from './routes/endpoints/get-activity.ts';
import { addGetConnectionStrings } from './routes/endpoints/get-connection-strings.ts';
import { addGetEndpoint } from './routes/endpoints/get-endpoint.ts';
import { addGetPins } from './routes/endpoints/get-pins.ts';
import { addListEndpoints } from './routes/endpoints/list-endpoints.ts';
import { addGetMe } from './routes/me/get-me.ts';
import { addOpenApi } from './routes/service/openapi.ts';
import { addProbes } from './routes/service/probes.ts';
import { addChangeTenant } from './routes/tenants/change-tenant.ts';
import { addCreateTenant } from './routes/tenants/create-tenant.ts';
import { addDeleteTenant } from './routes/tenants/delete-tenant.ts';
import { addGetTenant } from './routes/tenants/get-tenant.ts';
import { addListTenants } from './routes/tenants/list-tenants.ts';
import { version } from './version.ts';

const openRoutes: readonly AddRoute[] = [addProbes, addOpenApi];

const routesWithKey: readonly AddRoute[] = [
  addGetMe,
  addCreateTenant,
  addListTenants,
  addGetTenant,
  addChangeTenant,
  addDeleteTenant,
  addCreateEndpoint,
  addListEndpoints,
  addGetEndpoint,
  addChangeEndpoint,
  addDeleteEndpoint,
  addGetConnectionStrings,
  addGetActivity,
  addGetPins,
];

// A CA file of 256 kB, escaped, and the rest of a body with room to spare.
const bodyBytesMax = 512 * 1024;

/** The app, ready to listen or to be asked for its OpenAPI document. Nothing is called before a request comes. */
export async function buildApp(parts: Parts): Promise<App> {
  const app: App = fastify({
    // One line a failure, written where the failure ends; none a request.
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: 30_000,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
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
  app.register(async (open) => {
    for (const add of openRoutes) add(open as App, parts);
  });
  app.register(async (closed) => {
    addAuthentication(closed as App, parts);
    for (const add of routesWithKey) add(closed as App, parts);
  });
  addDashboard(app, parts.config.dashboardDir);
  await app.ready();
  return app;
}
