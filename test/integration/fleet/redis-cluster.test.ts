// The fleet over a Redis cluster: the same contracts, and what one node that is gone takes with it.
import { createRedisFleet, declareFreshLeases, type Fleet, FleetUnavailableError } from '@weir/fleet';
import {
  describeFleetContract,
  describeLeaseContract,
  examplePublishedEndpoint,
  fixedSealKeys,
  suiteReportTtlMs,
} from '@weir/fleet/testing';
import { startWeir, waitUntil } from '@weir/harness';
import { findRedisProgram } from '@weir/local-servers';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { PrivateCluster } from './redis-cluster.ts';

const sealKeys = fixedSealKeys([{ id: 'k1', secret: new Uint8Array(32).fill(1) }]);
const patience = { timeout: 60_000, interval: 20 };

let cluster: PrivateCluster;
const fleets: Fleet[] = [];

beforeAll(async () => {
  cluster = await PrivateCluster.start(await findRedisProgram(process.env.WEIR_TEST_CACHE_DIR!));
});
afterEach(async () => {
  await Promise.all(fleets.splice(0).map((fleet) => fleet.close()));
  await cluster.flush();
});
afterAll(() => cluster?.stop());

async function openFleet(processId: string, answerTimeoutMs = 20_000): Promise<Fleet> {
  const options = { url: cluster.url, sealKeys, processId, reportTtlMs: suiteReportTtlMs };
  const fleet = createRedisFleet({ ...options, answerTimeoutMs });
  fleets.push(fleet);
  await vi.waitFor(() => expect(fleet.healthy()).toBe(true), patience);
  return fleet;
}

async function fixture() {
  return {
    controlPlane: await openFleet('control'),
    pooler: await openFleet('pooler'),
    close: async () => {},
  };
}

describeFleetContract('Redis cluster', fixture);
describeLeaseContract('Redis cluster', async () => {
  await declareFreshLeases(cluster.url);
  return fixture();
});

test('a whole Weir over a cluster serves clients on every process, and tells all of a change by its queue of jobs', async () => {
  await declareFreshLeases(cluster.url);
  await using weir = await startWeir({
    poolers: 2,
    redis: { url: cluster.url, pid: null, close: async () => {}, [Symbol.asyncDispose]: async () => {} },
  });
  for (const pooler of [0, 1]) {
    const client = await weir.client({ pooler });
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  }
  const { node } = await cluster.nodeOf('{weir:bull}');
  const redis = new Redis(node.url);
  expect(await redis.keys('{weir:bull}*')).toContain('{weir:bull}:jobs:meta');
  redis.disconnect();
  const reply = await fetch(`${weir.apiUrl}/v1/tenants/${weir.tenant.id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${weir.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'suspended' }),
  });
  expect(reply.status).toBe(200);
  for (const pooler of [0, 1]) {
    await waitUntil(
      () => weir.client({ pooler }).then(endedAtOnce, (error: Error) => /suspended/.test(error.message)),
      {
        what: 'the tenant is suspended here',
      },
    );
  }
});

async function endedAtOnce(client: pg.Client): Promise<false> {
  await client.end();
  return false;
}

test('of a node that is gone only its own endpoints cannot be looked up, and changes of others are heard', async () => {
  const control = await openFleet('control', 2_000);
  const pooler = await openFleet('pooler', 2_000);
  await control.publisher.markComplete(1);
  const { node: kept } = await cluster.nodeOf('weir:complete');
  const ids = Array.from({ length: 12 }, (_, index) => `ep-quiet-heron-a1b2c${index}`);
  const nodes = await Promise.all(ids.map(async (id) => (await cluster.nodeOf(`weir:endpoint:${id}`)).node));
  const lost = nodes.find((node) => node !== kept)!;
  const [there, gone] = [ids[nodes.indexOf(kept)]!, ids[nodes.indexOf(lost)]!];
  for (const endpointId of [there, gone])
    await control.publisher.publish(examplePublishedEndpoint({ endpointId }), 1);
  const heard: (string | null)[] = [];
  pooler.directory.onChange((id) => heard.push(id));
  await waitUntil(() => heard.includes(null), { what: 'it listens' });

  await lost.kill();
  await waitUntil(async () => (await pooler.directory.lookUp(there)).kind === 'found', {
    what: 'one is found',
  });
  await expect(pooler.directory.lookUp(gone)).rejects.toBeInstanceOf(FleetUnavailableError);
  await waitUntil(
    async () => {
      const generation = heard.length + 2;
      await control.publisher.publish(examplePublishedEndpoint({ endpointId: there, generation }), 1);
      return heard.includes(there);
    },
    { what: 'a change is heard' },
  );
});
