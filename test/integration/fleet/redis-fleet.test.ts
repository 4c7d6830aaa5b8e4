// The fleet over a real Redis: the contract, and what happens when Redis is away, hung, empty, or lies.
import {
  createRedisFleet,
  type Fleet,
  FleetUnavailableError,
  type RedisFleetOptions,
  UnreadableRecordError,
} from '@weir/fleet';
import {
  describeFleetContract,
  examplePublishedEndpoint,
  exampleReport,
  fixedSealKeys,
  suiteReportTtlMs,
} from '@weir/fleet/testing';
import { type FetchedProgram, findRedisProgram } from '@weir/local-servers';
import { Redis } from 'ioredis';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { PrivateRedis } from './private-redis.ts';

const sealKeys = fixedSealKeys([{ id: 'k1', secret: new Uint8Array(32).fill(1) }]);
const endpoint = examplePublishedEndpoint();
const { endpointId } = endpoint;
const endpointKey = `weir:endpoint:${endpointId}`;
const tickMs = 50;
const patience = { timeout: 60_000, interval: 20 };

describe('fleet over Redis', { timeout: 180_000 }, () => {
  let program: FetchedProgram;
  let redis: PrivateRedis;
  let raw: Redis;
  let fleets: Fleet[];

  beforeAll(async () => {
    program = await findRedisProgram(process.env.WEIR_TEST_CACHE_DIR!);
  });
  beforeEach(async () => {
    redis = await PrivateRedis.start(program);
    raw = new Redis(redis.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    raw.on('error', () => {});
    fleets = [];
  });
  afterEach(async () => {
    redis.thaw();
    await Promise.all(fleets.map((fleet) => fleet.close()));
    raw.disconnect();
    await redis.kill();
  });

  function createFleet(processId: string, changes: Partial<RedisFleetOptions> = {}): Fleet {
    const options = { url: redis.url, sealKeys, processId, reportTtlMs: suiteReportTtlMs };
    const fleet = createRedisFleet({ ...options, ...changes });
    fleets.push(fleet);
    return fleet;
  }

  async function connected(fleet: Fleet): Promise<Fleet> {
    await vi.waitFor(() => expect(fleet.healthy()).toBe(true), patience);
    return fleet;
  }

  // Patient, as most tests here are not about time and the machine may be busy with others.
  const openFleet = (processId: string, keys = sealKeys) =>
    connected(createFleet(processId, { sealKeys: keys, answerTimeoutMs: 20_000 }));

  describeFleetContract('redis', async () => {
    const fixture = { controlPlane: await openFleet('control'), pooler: await openFleet('pooler') };
    return { ...fixture, close: async () => {} };
  });

  test('while Redis is gone every call is refused within a second, and all is well when it is back', async () => {
    const fleet = await connected(createFleet('pooler'));
    await redis.kill();
    await vi.waitFor(() => expect(fleet.healthy()).toBe(false), patience);
    await expectUnavailable(fleet);
    await redis.start();
    await vi.waitFor(() => expect(fleet.healthy()).toBe(true), patience);
    await vi.waitFor(async () => expect(await lookUpIn(fleet)).toEqual({ kind: 'not-known-yet' }), patience);
  });

  test('while Redis hangs with its sockets open every call is refused within a second too', async () => {
    const publisher = await openFleet('control');
    await publisher.publisher.publish(endpoint, 1);
    const fleet = await connected(createFleet('pooler'));
    redis.freeze();
    await expectUnavailable(fleet);
    expect(fleet.healthy()).toBe(false);
    redis.thaw();
    await vi.waitFor(() => expect(fleet.healthy()).toBe(true), patience);
    await vi.waitFor(
      async () => expect(await lookUpIn(fleet)).toEqual({ kind: 'found', endpoint }),
      patience,
    );
  });

  test('an idle fleet notices by itself that Redis hangs', async () => {
    const fleet = await connected(createFleet('pooler'));
    redis.freeze();
    await vi.waitFor(() => expect(fleet.healthy()).toBe(false), patience);
  });

  test('a call that is under way when Redis dies is answered too', async () => {
    const fleet = await openFleet('pooler');
    redis.freeze();
    const lookUp = lookUpIn(fleet).catch((error: unknown) => error);
    await redis.kill();
    expect(await lookUp).toBeInstanceOf(FleetUnavailableError);
  });

  test('a fleet may be made before Redis is there', async () => {
    await redis.kill();
    const fleet = createFleet('pooler');
    expect(fleet.healthy()).toBe(false);
    await expectUnavailable(fleet);
    await redis.start();
    await vi.waitFor(() => expect(fleet.healthy()).toBe(true), patience);
  });

  test('after a reconnect listeners are asked to look at everything, and hear changes again', async () => {
    const fleet = await openFleet('pooler');
    const heard: (string | null)[] = [];
    fleet.directory.onChange((id) => heard.push(id));
    await vi.waitFor(() => expect(heard).toEqual([null]), patience);
    await redis.kill();
    await redis.start();
    await vi.waitFor(() => expect(heard).toEqual([null, null]), patience);
    await vi.waitFor(() => expect(fleet.healthy()).toBe(true), patience);
    await fleet.publisher.publish(endpoint, 1);
    await vi.waitFor(() => expect(heard).toEqual([null, null, endpointId]), patience);
  });

  test('a subscription that is cut alone is made anew, with a look at everything', async () => {
    const fleet = await openFleet('pooler');
    const heard: (string | null)[] = [];
    fleet.directory.onChange((id) => heard.push(id));
    await vi.waitFor(() => expect(heard).toEqual([null]), patience);
    await raw.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await vi.waitFor(() => expect(heard).toEqual([null, null]), patience);
    await fleet.publisher.publish(endpoint, 1);
    await vi.waitFor(() => expect(heard).toEqual([null, null, endpointId]), patience);
  });

  test('nothing readable of a record is in Redis', async () => {
    const fleet = await openFleet('control');
    await fleet.publisher.publish(endpoint, 1);
    const stored = await raw.hgetall(endpointKey);
    expect(Object.keys(stored).sort()).toEqual(['box', 'epoch', 'generation', 'keyId', 'state']);
    const box = Buffer.from(stored.box ?? '', 'base64').toString('latin1');
    for (const word of ['app-password', 'weir-service-password', 'db.example.com', 'Example']) {
      expect(box).not.toContain(word);
    }
  });

  test('a record that was forged, moved or relabelled in Redis is refused', async () => {
    const fleet = await openFleet('pooler');
    await fleet.publisher.publish(endpoint, 1);
    const victimId = 'ep-victim-wren-000000';
    const stored = await raw.hgetall(endpointKey);
    const forgeries: [string, Record<string, string>][] = [
      [victimId, stored],
      [endpointId, { ...stored, generation: '2' }],
      [endpointId, { ...stored, epoch: '2' }],
      [endpointId, { ...stored, keyId: 'k2' }],
      [endpointId, { ...stored, box: `AAAA${stored.box?.slice(4)}` }],
      [endpointId, { epoch: '1', generation: '1' }],
      [endpointId, { epoch: 'NaN', generation: 'x', state: 'live', keyId: 'k1', box: stored.box ?? '' }],
    ];
    for (const [id, fields] of forgeries) {
      await raw.del(`weir:endpoint:${id}`);
      await raw.hset(`weir:endpoint:${id}`, fields);
      const refusal = await fleet.directory.lookUp(id).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(UnreadableRecordError);
      expect(refusal).toBeInstanceOf(FleetUnavailableError);
    }
  });

  test("yesterday's record put back in place of today's is refused by who has seen today's", async () => {
    const fleet = await openFleet('pooler');
    await fleet.publisher.publish(endpoint, 1);
    const yesterday = await raw.hgetall(endpointKey);
    await fleet.publisher.publish(examplePublishedEndpoint({ generation: 2 }), 1);
    expect((await fleet.directory.lookUp(endpointId)).kind).toBe('found');
    await raw.hset(endpointKey, yesterday);
    await expect(fleet.directory.lookUp(endpointId)).rejects.toThrow(/older than one seen before/);
  });

  test('a key of the wrong kind under our name is unavailable, not a crash', async () => {
    const fleet = await openFleet('pooler');
    await raw.set(endpointKey, 'not a hash');
    await expect(fleet.directory.lookUp(endpointId)).rejects.toBeInstanceOf(FleetUnavailableError);
    await expect(fleet.publisher.publish(endpoint, 1)).rejects.toBeInstanceOf(FleetUnavailableError);
  });

  test('during a rotation both keys open, and the first one seals', async () => {
    const newKey = { id: 'k2', secret: new Uint8Array(32).fill(2) };
    const before = await openFleet('control-before');
    const between = await openFleet('pooler-between', fixedSealKeys([...sealKeys.keys, newKey]));
    const after = await openFleet('control-after', fixedSealKeys([newKey, ...sealKeys.keys]));
    await before.publisher.publish(endpoint, 1);
    expect((await after.directory.lookUp(endpointId)).kind).toBe('found');
    await after.publisher.publish(examplePublishedEndpoint({ generation: 2 }), 1);
    expect(await raw.hget(endpointKey, 'keyId')).toBe('k2');
    expect((await between.directory.lookUp(endpointId)).kind).toBe('found');
    await expect(before.directory.lookUp(endpointId)).rejects.toThrow(/not in the key file/);
  });

  test('a record takes the place of the same one under another key, and of no tombstone', async () => {
    const newKey = { id: 'k2', secret: new Uint8Array(32).fill(2) };
    const before = await openFleet('control-before');
    const after = await openFleet('control-after', fixedSealKeys([newKey, ...sealKeys.keys]));
    await before.publisher.publish(endpoint, 1);
    expect(await after.publisher.publish(endpoint, 1)).toBe('applied');
    expect(await after.publisher.sealKeyIds([endpointId])).toEqual(['k2']);
    expect(await after.publisher.publish(endpoint, 1)).toBe('stale');
    expect((await after.directory.lookUp(endpointId)).kind).toBe('found');
    await after.publisher.retire(endpointId, 2, 1);
    expect(await before.publisher.publish(examplePublishedEndpoint({ generation: 2 }), 1)).toBe('stale');
    await after.publisher.publish(examplePublishedEndpoint({ generation: 3 }), 1);
    expect(await before.publisher.retire(endpointId, 3, 1)).toBe('stale');
    expect(await before.publisher.publish(endpoint, 1)).toBe('stale');
  });

  test('a pooler whose key file got a new key after it started opens what that one sealed', async () => {
    const newKey = { id: 'k2', secret: new Uint8Array(32).fill(2) };
    const following = {
      keys: sealKeys.keys,
      readAgain() {
        this.keys = [...sealKeys.keys, newKey];
      },
    };
    const pooler = await openFleet('pooler', following);
    const after = await openFleet('control-after', fixedSealKeys([newKey]));
    await after.publisher.publish(endpoint, 1);
    expect((await pooler.directory.lookUp(endpointId)).kind).toBe('found');
  });

  test('reports that are no reports are passed over, and counters that are none count nothing', async () => {
    const fleet = await openFleet('control');
    await fleet.registry.report(exampleReport('good'));
    const strange = ['', 'null', '[]', '{"processId":1}', '{"processId":"x","startedAt":"y","endpoints":[]}'];
    for (const [index, text] of strange.entries()) {
      await raw.set(`weir:{processes}:strange-${index}`, text);
      await raw.zadd('weir:{processes}', Date.now(), `strange-${index}`);
    }
    const broken = { processId: 'half', startedAt: 'then', endpoints: { 'ep-a': { clientsIdle: 'many' } } };
    await raw.set('weir:{processes}:half', JSON.stringify(broken));
    await raw.zadd('weir:{processes}', Date.now(), 'half');
    const all = await vi.waitFor(async () => {
      await fleet.registry.report(exampleReport('good'));
      const found = await fleet.registry.all();
      expect(found.map((report) => report.processId).sort()).toEqual(['good', 'half']);
      return found;
    }, patience);
    const half = all.find((report) => report.processId === 'half')!.endpoints['ep-a']!;
    const { pins, errors, waits, executions, addresses, upstream, ...counters } = half;
    expect(new Set(Object.values(counters))).toEqual(new Set([0]));
    expect(pins).toEqual({ newest: [], leftOut: 0, totals: {} });
    expect(addresses).toEqual({ clients: {}, leftOut: 0 });
    expect(upstream).toEqual({ answeredMsAgo: null, trouble: null, openMs: null });
    expect([errors, waits, executions]).toEqual([{}, [], []]);
  });

  test('names of processes that are long gone are forgotten', async () => {
    const fleet = await openFleet('pooler');
    await raw.zadd('weir:{processes}', Date.now() - 60_000, 'long-gone');
    await fleet.registry.report(exampleReport('pooler'));
    expect(await raw.zrange('weir:{processes}', 0, '-1')).toEqual(['pooler']);
  });

  test('a fleet that closes takes its own process out of the registry', async () => {
    const fleet = await openFleet('pooler-7');
    await fleet.registry.report(exampleReport('pooler-7'));
    await fleet.close();
    expect(await (await openFleet('control')).registry.all()).toEqual([]);
  });

  test('racing publications of one endpoint end with the newest, whatever their order', async () => {
    const publishers = await Promise.all(
      [1, 2, 3, 4].map(async (index) => (await openFleet(`control-${index}`)).publisher),
    );
    const versions = Array.from({ length: 40 }, (_, index) => ({
      epoch: 1 + (index % 3),
      generation: 1 + ((index * 7) % 40),
    }));
    await Promise.all(
      versions.map(({ epoch, generation }, index) =>
        publishers[index % 4]!.publish(examplePublishedEndpoint({ generation }), epoch),
      ),
    );
    const newest = Math.max(
      ...versions.filter(({ epoch }) => epoch === 3).map(({ generation }) => generation),
    );
    expect(await raw.hmget(endpointKey, 'epoch', 'generation')).toEqual(['3', String(newest)]);
  });

  async function expectUnavailable(fleet: Fleet): Promise<void> {
    const calls: (() => Promise<unknown>)[] = [
      () => fleet.directory.lookUp(endpointId),
      () => fleet.publisher.publish(endpoint, 9),
      () => fleet.publisher.completeEpoch(),
      () => fleet.registry.report(exampleReport('pooler')),
      () => fleet.registry.all(),
    ];
    // Counted in turns of this process's own clock, so that a machine that stands still is not held against the fleet.
    let ticks = 0;
    const clock = setInterval(() => ticks++, tickMs);
    const outcomes = await Promise.all(calls.map((call) => call().catch((error: unknown) => error)));
    clearInterval(clock);
    expect(ticks).toBeLessThanOrEqual(1_000 / tickMs);
    for (const outcome of outcomes) expect(outcome).toBeInstanceOf(FleetUnavailableError);
  }

  function lookUpIn(fleet: Fleet) {
    return fleet.directory.lookUp(endpointId);
  }
});
