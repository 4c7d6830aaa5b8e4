// A worker beside a control-api that does no jobs itself: what one acknowledged the other does, whatever is killed between.
import { waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlPlane, createTenant, publishedState, startControlPlane } from './control-plane.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane?.close());

async function rename(tenantId: string, name: string): Promise<number> {
  const { generation } = await plane.api.call<{ generation: number }>('PATCH', `/v1/tenants/${tenantId}`, {
    name,
  });
  return generation;
}

async function isPublished(endpointId: string, generation: number): Promise<void> {
  await waitUntil(async () => Number((await publishedState(plane, endpointId)) ?? 0) >= generation, {
    what: `${endpointId} is published at ${generation}`,
    intervalMs: 5,
    timeoutMs: 30_000,
  });
}

test('what control-api acknowledged is published by the worker, and before its sweep is due', async () => {
  const { tenant, endpoint } = await createTenant(plane);
  await isPublished(endpoint.id, 1);
  // Sweeps come twice a second: of many changes in a row most would wait for one if nobody woke the worker.
  const waits: number[] = [];
  for (let change = 0; change < 9; change++) {
    const generation = await rename(tenant.id, `Shop ${change}`);
    const acknowledged = performance.now();
    await isPublished(endpoint.id, generation);
    waits.push(performance.now() - acknowledged);
  }
  waits.sort((one, other) => one - other);
  expect(waits[4]).toBeLessThan(200);
});

test('a change that was acknowledged while no worker ran is published by the next one', async () => {
  const { tenant, endpoint } = await createTenant(plane);
  await plane.parts.worker.kill();
  const generation = await rename(tenant.id, 'Without a worker');
  expect(await publishedState(plane, endpoint.id)).not.toBe(generation);
  await plane.parts.worker.start();
  await isPublished(endpoint.id, generation);
});

test('a Redis that lost everything is given everything again, and wakes the worker as before', async () => {
  const { tenant, endpoint } = await createTenant(plane);
  await plane.parts.Redis.kill();
  const generation = await rename(tenant.id, 'Without Redis');
  await plane.parts.Redis.start();
  await isPublished(endpoint.id, generation);
  await isPublished(endpoint.id, await rename(tenant.id, 'With Redis again'));
});

test('control-api and worker end in order while Redis is away', async () => {
  const other = await startControlPlane();
  await other.parts.Redis.kill();
  await other.close();
});
