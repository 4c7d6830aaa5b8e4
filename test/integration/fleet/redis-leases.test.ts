// Leases over a real Redis: the contract, the script against the rule, and a Redis that has forgotten.
import { createRedisFleet, declareFreshLeases, type Fleet } from '@weir/fleet';
import {
  describeLeaseContract,
  exampleLeaseRequest,
  fixedSealKeys,
  leaseLua,
  readLeaseAnswer,
} from '@weir/fleet/testing';
import { decide, type HolderRecord, type LeaseNote, type LeaseRequest, type LeaseState } from '@weir/leases';
import { type FetchedProgram, findRedisProgram } from '@weir/local-servers';
import { Redis } from 'ioredis';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { chooseSeed, type SeededRandom, seededRandom } from '../seeded-random.ts';
import { PrivateRedis } from './private-redis.ts';

const patience = { timeout: 60_000, interval: 20 };
const seed = chooseSeed();
const commandCount = Number(process.env.WEIR_TEST_LEASE_COMMANDS ?? 3_000);

describe('leases over Redis', { timeout: 300_000 }, () => {
  let program: FetchedProgram;
  let redis: PrivateRedis;
  let raw: Redis;
  const fleets: Fleet[] = [];

  beforeAll(async () => {
    program = await findRedisProgram(process.env.WEIR_TEST_CACHE_DIR!);
  });
  beforeEach(async () => {
    redis = await PrivateRedis.start(program);
    raw = new Redis(redis.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    raw.on('error', () => {});
  });
  afterEach(async () => {
    await Promise.all(fleets.splice(0).map((fleet) => fleet.close()));
    raw.disconnect();
    await redis.kill();
  });

  async function openFleet(processId: string): Promise<Fleet> {
    const sealKeys = fixedSealKeys([{ id: 'k1', secret: new Uint8Array(32) }]);
    const fleet = createRedisFleet({ url: redis.url, sealKeys, processId, answerTimeoutMs: 20_000 });
    fleets.push(fleet);
    await vi.waitFor(() => expect(fleet.healthy()).toBe(true), patience);
    return fleet;
  }

  describeLeaseContract('redis', async () => {
    await declareFreshLeases(redis.url);
    return {
      controlPlane: await openFleet('control'),
      pooler: await openFleet('pooler'),
      close: async () => {},
    };
  });

  test(`the script answers as the rule does, whatever is asked (seed=${seed})`, async () => {
    const random = seededRandom(seed);
    const notes: LeaseNote[] = [];
    const subscriber = raw.duplicate();
    subscriber.on('message', (_channel, text) => notes.push(JSON.parse(text)));
    await subscriber.subscribe('notes');
    let state: LeaseState = { memory: null, holders: new Map(), checked: null };
    let runId = 'run-0';
    let nowMs = 1_700_000_000_000;
    let noted = 0;
    for (let step = 0; step < commandCount; step++) {
      if (random.oneIn(150)) runId = `run-${random.below(3)}`;
      nowMs += random.oneIn(40) ? random.below(9_000) - 2_000 : random.below(300);
      const request = randomRequest(random, state, step);
      const expected = decide(state, request, runId, nowMs);
      const place = `seed=${seed} step=${step} ${JSON.stringify(request)}`;
      const reply = await raw.eval(
        leaseLua,
        3,
        ...['memory', 'holders', 'servers'],
        ...[JSON.stringify(request), 'notes', '{}', '[]', runId, nowMs],
      );
      expect(readLeaseAnswer(reply), place).toEqual(expected.answer);
      noted += expected.notes.length;
      await vi.waitFor(() => expect(notes).toHaveLength(noted), { timeout: 60_000, interval: 1 });
      expect(notes.slice(noted - expected.notes.length), place).toEqual(expected.notes);
      const memory = await raw.hgetall('memory');
      expect({ ...memory, open: memory.open === '1', fresh: memory.fresh === '1' }, place).toEqual(
        expected.state.memory,
      );
      const { ' checked': checked = null, ...holders } = await raw.hgetall('holders');
      expect(checked, place).toBe(expected.state.checked);
      expect(holdersOf(holders), place).toEqual(expected.state.holders);
      state = expected.state;
    }
    subscriber.disconnect();
    // Else the sequences went past what matters.
    expect(noted).toBeGreaterThan(commandCount / 20);
  });

  test('what is no note harms nobody', async () => {
    await declareFreshLeases(redis.url);
    const fleet = await openFleet('pooler');
    const notes: LeaseNote[] = [];
    fleet.leases.onNote((note) => notes.push(note));
    const good = { upstream: 'db', holder: 'pooler-1', limit: 3 };
    const told = ['', '{', 'null', '7', '{"upstream":"db"}', JSON.stringify({ ...good, limit: '3' })];
    await vi.waitFor(async () => {
      for (const text of told) await raw.publish('weir:lease-notes', text);
      await raw.publish('weir:lease-notes', JSON.stringify(good));
      expect(notes).toContainEqual(good);
    }, patience);
    expect(new Set(notes.map((note) => JSON.stringify(note))).size).toBe(1);
  });

  test('a clock of Redis that jumps gives nobody what another has, forwards or back', async () => {
    let nowMs = 1_700_000_000_000;
    await raw.hset('memory', { runId: 'run', nonce: 'first', open: '1', fresh: '1' });
    const ask = async (changes: Partial<LeaseRequest>) => {
      const request = JSON.stringify(exampleLeaseRequest(changes));
      const keys = ['memory', 'holders', 'servers'];
      return readLeaseAnswer(
        await raw.eval(leaseLua, 3, ...keys, request, 'notes', '{}', '[]', 'run', nowMs),
      );
    };
    expect((await ask({ wanted: 8 })).share).toBe(8);
    for (const [seq, jumpMs] of [3_600_000, 86_400_000 * 365, -86_400_000 * 400].entries()) {
      nowMs += jumpMs;
      const other = await ask({ holder: 'pooler-2', seq: seq + 1, wanted: 9 });
      expect(other).toMatchObject({ share: 2, open: true, others: [{ holder: 'pooler-1', charge: 8 }] });
      await ask({ holder: 'pooler-2', seq: seq + 1.5 });
    }
    expect(await ask({ seq: 2, keep: 8, used: 8 })).toMatchObject({ share: 8, open: true, known: true });
  });

  test('a Redis that was restarted empty grants nothing until somebody has waited, and believes what it is told', async () => {
    await declareFreshLeases(redis.url);
    const fleet = await openFleet('pooler');
    const ask = async (changes: Partial<LeaseRequest>) => {
      const [answer] = await fleet.leases.ask([
        { request: exampleLeaseRequest(changes), opened: [], gone: [] },
      ]);
      return answer!;
    };
    expect(await ask({ wanted: 8 })).toMatchObject({ open: true, share: 8, closed: null });
    await redis.kill();
    await redis.start();
    await vi.waitFor(() => expect(fleet.healthy()).toBe(true), patience);
    const other = { holder: 'pooler-2', wanted: 8 };
    const closed = await ask({ ...other, nonce: 'second' });
    expect(closed).toMatchObject({ open: false, share: 0, closed: 'second' });
    expect(await ask({ seq: 2, keep: 8, used: 5 })).toMatchObject({ open: false, share: 8, known: false });
    expect(await ask({ ...other, seq: 2, reopen: 'another' })).toMatchObject({ open: false });
    expect(await ask({ ...other, seq: 3, reopen: 'second' })).toMatchObject({
      open: false,
      unchecked: 'second',
    });
    const checked = { memory: 'second', strangers: 1 };
    expect(await ask({ ...other, seq: 4, checked })).toMatchObject({ open: true, share: 1 });
  });
});

const names = ['a', 'b', 'B', 'pooler-1', 'pooler-10', 'pooler-2'];

/** Mostly as a holder would ask, and now and then as none should. */
function randomRequest(random: SeededRandom, state: LeaseState, step: number): LeaseRequest {
  const holder = random.pick(names);
  const record = state.holders.get(holder);
  const budget = random.oneIn(30) ? 1 + random.below(12) : 8;
  const keep = record === undefined || random.oneIn(50) ? random.below(3) : random.below(record.charge + 1);
  const used = random.below(keep + 1);
  const idle = random.below(used + 1);
  const silentName = random.pick([...names, '?']);
  const silentRecord = state.holders.get(silentName);
  const silent =
    silentRecord !== undefined && silentName !== holder && random.oneIn(20)
      ? { holder: silentName, seq: silentRecord.seq - random.below(2), charge: random.below(3) }
      : null;
  const { memory } = state;
  return exampleLeaseRequest({
    holder,
    seq: random.oneIn(20) ? random.below(step + 1) : step + 1,
    budget,
    keep,
    used,
    idle,
    held: random.below(used + 1),
    wanted: random.oneIn(3) ? 0 : random.below(5),
    waitMs: random.below(2_000),
    spare: random.below(3),
    nonce: `nonce-${step}`,
    reopen: memory !== null && !memory.open && random.oneIn(4) ? memory.nonce : null,
    silent,
    checked:
      memory !== null && random.oneIn(6)
        ? { memory: random.oneIn(5) ? 'another' : memory.nonce, strangers: random.below(3) }
        : null,
  });
}

function holdersOf(fields: Record<string, string>): Map<string, HolderRecord> {
  return new Map(
    Object.entries(fields).map(([holder, record]) => [holder, JSON.parse(record) as HolderRecord]),
  );
}
