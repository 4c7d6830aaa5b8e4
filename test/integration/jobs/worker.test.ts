// A worker beside a control-api that does no jobs itself: what one acknowledged the other does, whatever is killed between.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlPlane, createTenant, publishedState, startControlPlane } from './control-plane.ts';
import { createWebhook, keepReplies, repliesSealedWith, repliesThatOpen, sealKeyOf } from './sealed-rows.ts';

// Enough of them that a worker can be killed while it is at it.
const keptReplies = 1_000;
const newLine = `new:${'5e'.repeat(32)}\n`;

const directory = temporaryDirectory('worker');
const zone = join(directory.path, 'zone');
let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane({
    env: { WEIR_DNS: `zone:${zone}`, WEIR_DNS_TARGETS: 'cell-1.example.com' },
  });
});
afterAll(async () => {
  await plane?.close();
  directory.remove();
});

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

test('an endpoint has DNS records for both its hosts until it is deleted, whatever becomes of the worker', async () => {
  await plane.parts.worker.kill();
  const { endpoint } = await createTenant(plane);
  await plane.parts.worker.start();
  const isInZone = (there: boolean) =>
    waitUntil(() => existsSync(zone) && readFileSync(zone, 'utf8').includes(endpoint.id) === there, {
      what: `${endpoint.id} is ${there ? '' : 'not '}in the zone`,
      timeoutMs: 30_000,
    });
  await isInZone(true);
  for (const host of [endpoint.id, `${endpoint.id}-pooler`])
    expect(readFileSync(zone, 'utf8')).toContain(`\n${host}.db.localhost. 60 IN CNAME cell-1.example.com.\n`);
  await plane.parts.worker.kill();
  rmSync(zone);
  await plane.parts.worker.start();
  await isInZone(true);
  await plane.parts.worker.kill();
  await plane.api.call('DELETE', `/v1/endpoints/${endpoint.id}`);
  expect(readFileSync(zone, 'utf8')).toContain(endpoint.id);
  await plane.parts.worker.start();
  await isInZone(false);
});

test('a Redis that lost everything is given everything again, and wakes the worker as before', async () => {
  const { tenant, endpoint } = await createTenant(plane);
  await plane.parts.Redis.kill();
  const generation = await rename(tenant.id, 'Without Redis');
  await plane.parts.Redis.start();
  await isPublished(endpoint.id, generation);
  await isPublished(endpoint.id, await rename(tenant.id, 'With Redis again'));
});

test('what an old key sealed is sealed again though the worker is killed meanwhile and the key is gone for a while', async () => {
  const oldLine = readFileSync(plane.sealKeyFile, 'utf8');
  const old = oldLine.split(':')[0]!;
  const { endpoint } = await createTenant(plane);
  const made = await createWebhook(plane);
  expect(made.status).toBe(201);
  await keepReplies(plane, keptReplies);
  const published = () => publishedState(plane, endpoint.id);
  await waitUntil(async () => (await published()) === 1, { what: 'the endpoint is published' });

  writeFileSync(plane.sealKeyFile, newLine + oldLine);
  await waitUntil(async () => (await repliesSealedWith(plane, 'new')) > 0, {
    what: 'some are sealed again',
    intervalMs: 2,
  });
  await plane.parts.worker.kill();
  expect(await repliesSealedWith(plane, old)).toBeGreaterThan(0);

  // Too early: nobody dies, and whoever needs the key is told which one and by what.
  writeFileSync(plane.sealKeyFile, newLine);
  await waitUntil(async () => (await sealKeyOf(plane, old))?.inFile === false, {
    what: 'control-api gave up the old key',
  });
  const early = (await sealKeyOf(plane, old))!;
  expect(early).toMatchObject({ mayBeRemoved: false, seals: { publishedEndpoints: expect.any(Number) } });
  const refused = await createWebhook(plane);
  expect(refused).toMatchObject({ status: 503, body: { type: '/problems/seal-key-missing' } });
  expect(refused.body.detail).toBe(`The key is "${old}".`);
  await plane.parts.worker.start();
  await waitUntil(() => plane.worker.output().includes('gone from the key file, put it back'), {
    what: 'the worker names the missing key',
  });
  expect(plane.worker.output()).toContain(`"missingKey":"${old}"`);

  writeFileSync(plane.sealKeyFile, newLine + oldLine);
  await waitUntil(async () => (await sealKeyOf(plane, old))?.mayBeRemoved === true, {
    what: 'the old key is no longer needed',
    timeoutMs: 60_000,
  });
  writeFileSync(plane.sealKeyFile, newLine);
  expect(Object.values((await sealKeyOf(plane, 'new'))!.seals).every((count) => count > 0)).toBe(true);
  expect(await published()).toBe(1);
  // Everything opens with the new key alone, in its place.
  expect(await createWebhook(plane)).toEqual(made);
  await plane.api.call('POST', `/v1/endpoints/${endpoint.id}/roles/app/rotate`, {});
  expect(await repliesThatOpen(plane)).toBe(keptReplies);
});

test('control-api and worker end in order while Redis is away', async () => {
  const other = await startControlPlane();
  await other.parts.Redis.kill();
  await other.close();
});
