// A catalog that was read in from a backup is the truth again, though poolers have seen later generations of what it holds.
import { waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlPlane, createTenant, publishedState, startControlPlane } from './control-plane.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane?.close());

const published = (endpointId: string, state: number | 'deleted' | null) =>
  waitUntil(async () => (await publishedState(plane, endpointId)) === state, {
    what: `it is published as ${state}`,
  });

test('what a restored catalog holds is published over later generations, and what it does not know of is gone', async () => {
  const { tenant, endpoint } = await createTenant(plane);
  await published(endpoint.id, 1);
  for (const part of ['worker', 'control-api'] as const) await plane.parts[part].kill();
  await waitUntil(() => plane.catalog.sql('create database backup template weir').then(() => true), {
    what: 'nobody is connected any more',
  });
  for (const part of ['control-api', 'worker'] as const) await plane.parts[part].start();
  const rename = (name: string) =>
    plane.api.call<{ generation: number }>('PATCH', `/v1/tenants/${tenant.id}`, { name });
  for (const name of ['One', 'Two', 'Three']) await rename(name);
  const later = await createTenant(plane, 'Later');
  await published(endpoint.id, 4);
  await published(later.endpoint.id, 1);
  const epoch = await plane.fleet.publisher.completeEpoch();

  // Under control-api and worker, which go on.
  await plane.catalog.sql('drop database weir with (force)');
  await plane.catalog.sql('create database weir template backup');
  await published(endpoint.id, 1);
  await waitUntil(async () => (await plane.fleet.publisher.completeEpoch())! > epoch!, {
    what: 'a later epoch',
  });
  await published(later.endpoint.id, null);
  const { generation } = await waitUntil(() => rename('After the restore'), { what: 'the catalog answers' });
  expect(generation).toBe(2);
  await published(endpoint.id, 2);
});
