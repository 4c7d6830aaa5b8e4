// The OpenAPI document in docs/ is the one that the running API serves.
import { createMemoryFleet } from '@weir/fleet';
import { createLogger, createMetrics } from '@weir/telemetry';
import { expect, test } from 'vitest';
import { buildApp } from './build-app.ts';
import { readControlApiConfig } from './config.ts';
import type { Parts } from './parts.ts';

/** An app whose catalog is never asked: building it and describing it touch nothing. */
async function describe() {
  const app = await buildApp({
    config: readControlApiConfig({ WEIR_CATALOG_URL: 'postgresql://unused', WEIR_SEAL_KEY_FILE: '/unused' }),
    catalog: null as unknown as Parts['catalog'],
    fleet: createMemoryFleet(),
    log: createLogger({ name: 'test', level: 'silent' }),
    metrics: createMetrics(),
  });
  const reply = await app.inject({ method: 'GET', url: '/openapi.json' });
  await app.close();
  return reply.json();
}

test('docs/openapi.json is what is served (vitest -u writes it anew)', async () => {
  const document = await describe();
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../../docs/openapi.json');
});

test('each operation has a name, a tag, replies for failures, and needs a key if it is under /v1', async () => {
  const document = await describe();
  const operations = Object.entries<Record<string, Record<string, unknown>>>(document.paths).flatMap(
    ([path, methods]) => Object.values(methods).map((operation) => ({ path, operation })),
  );
  expect(operations.length).toBeGreaterThanOrEqual(14);
  const names = operations.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { path, operation } of operations) {
    expect(operation.tags, path).toHaveLength(1);
    expect(operation.summary, path).toBeTypeOf('string');
    if (!path.startsWith('/v1/')) continue;
    expect(operation.security, path).toEqual([{ apiKey: [] }]);
    expect(Object.keys(operation.responses as object), path).toEqual(expect.arrayContaining(['4XX', '5XX']));
  }
});
