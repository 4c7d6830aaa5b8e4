// The OpenAPI document in docs/ is the one that the running API serves.
import rateLimit from '@fastify/rate-limit';
import { isOpenOperation, operationIds, operations } from '@weir/api-contract';
import { createMemoryFleet } from '@weir/fleet';
import { createLogger, createMetrics } from '@weir/telemetry';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { buildApp } from './build-app.ts';
import { readControlApiConfig } from './config.ts';
import { EventStreams } from './live/event-stream.ts';
import { createReportFeed } from './live/report-feed.ts';
import type { App, Parts } from './parts.ts';
import { addAuthentication } from './plugins/authenticate-caller.ts';

const config = readControlApiConfig({
  WEIR_CATALOG_URL: 'postgresql://unused',
  WEIR_SEAL_KEY_FILE: '/unused',
});

/** An app whose catalog is never asked: building it and describing it touch nothing. */
function build() {
  return buildApp({
    config,
    catalog: null as unknown as Parts['catalog'],
    fleet: createMemoryFleet(),
    log: createLogger({ name: 'test', level: 'silent' }),
    metrics: createMetrics(),
    keyUse: { note() {}, close: async () => {} },
    issuerKeys: null as unknown as Parts['issuerKeys'],
    lending: null as unknown as Parts['lending'],
    live: { feed: createReportFeed(async () => []), streams: new EventStreams() },
  });
}

async function describe() {
  const app = await build();
  const reply = await app.inject({ method: 'GET', url: '/openapi.json' });
  await app.close();
  return reply.json();
}

test('docs/openapi.json is what is served (vitest -u writes it anew)', async () => {
  const document = await describe();
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../../docs/openapi.json');
});

test('the document has every operation of the contract under /v1, and no other', async () => {
  const { paths } = (await describe()) as { paths: Record<string, Record<string, { operationId: string }>> };
  const served = Object.entries(paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([, methods]) => Object.values(methods).map(({ operationId }) => operationId));
  expect(served.sort()).toEqual([...operationIds].sort());
});

test('a route that no operation gives scopes to is not taken', async () => {
  const app = fastify() as unknown as App;
  await app.register(rateLimit, { global: false });
  addAuthentication(app, { catalog: null as never, keyUse: null as never, config });
  expect(() => app.get('/v1/back-door', async () => 'open')).toThrow('no operation');
});

test('each operation has a name, a tag, replies for failures, and needs a key if it is under /v1 and not open', async () => {
  const document = await describe();
  const described = Object.entries<Record<string, Record<string, unknown>>>(document.paths).flatMap(
    ([path, methods]) => Object.values(methods).map((operation) => ({ path, operation })),
  );
  const names = described.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { path, operation } of described) {
    expect(operation.tags, path).toHaveLength(1);
    expect(operation.summary, path).toBeTypeOf('string');
    if (!path.startsWith('/v1/')) continue;
    const id = operation.operationId as keyof typeof operations;
    const wanted = isOpenOperation(id) ? [] : [{ apiKey: operations[id].scopes }];
    expect(operation.security, path).toEqual(wanted);
    expect(Object.keys(operation.responses as object), path).toEqual(expect.arrayContaining(['4XX', '5XX']));
  }
});
