// Redis gone, restarted empty, or replaced by a copy that lags, under load: what is open serves on, nothing passes the budget.
import { declareFreshLeases } from '@weir/fleet';
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import { findRedisProgram } from '@weir/local-servers';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type BackendSampler, sampleBackends } from './backend-sampler.ts';
import { PrivateRedis } from './private-redis.ts';
import { TcpSwitch } from './tcp-switch.ts';

const budget = 6;
const queryWaitTimeoutMs = 4_000;
/** The short form; acceptance asks for 60. */
const awayMs = Number(process.env.WEIR_TEST_REDIS_AWAY_MS ?? 10_000);
const windowMs = 3_000;

let first: PrivateRedis;
let copy: PrivateRedis;
let switches: TcpSwitch[];
let weir: Weir;
let sampler: BackendSampler;
const loads: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  const program = await findRedisProgram(process.env.WEIR_TEST_CACHE_DIR!);
  [first, copy] = [await PrivateRedis.start(program), await PrivateRedis.start(program)];
  await declareFreshLeases(first.url);
  switches = [await TcpSwitch.to(first.port), await TcpSwitch.to(first.port)];
  weir = await startWeir({
    budget,
    poolers: 2,
    postgres: { maxConnections: 60 },
    settings: { queryWaitTimeoutMs },
    redis: { url: first.url, pid: null, close: async () => {}, [Symbol.asyncDispose]: async () => {} },
    eachPooler: switches.map(({ redisUrl }) => ({ env: { WEIR_REDIS_URL: redisUrl } })),
  });
  await weir.createRole('app_cold');
  sampler = await sampleBackends(weir.postgres.url, weir.database);
});
afterEach(async () => {
  for (const one of switches) one.turn(first.port);
  await Promise.all(loads.splice(0).map((load) => load.stop()));
});
afterAll(async () => {
  await sampler?.stop();
  await weir?.close();
  for (const one of switches ?? []) one.close();
  await first?.kill();
  await copy?.kill();
});

/** Clients of both poolers that query without a pause, each over again; errors end the test that stops them. */
async function startLoad(count = 12) {
  const clients = await Promise.all(Array.from({ length: count }, (_, i) => weir.client({ pooler: i % 2 })));
  let going = true;
  let done = 0;
  const errors: unknown[] = [];
  const running = clients.map(async (client, index) => {
    for (let turn = 0; going; turn++) {
      try {
        const { rows } = await client.query('select $1::int as value, pg_sleep(0.005)', [index + turn]);
        if (rows[0].value !== index + turn) errors.push(new Error('a wrong reply'));
        done++;
      } catch (error) {
        errors.push(error);
        return;
      }
    }
  });
  const load = {
    errors,
    /** Queries a second over some time. */
    async rate(ms: number): Promise<number> {
      const [before, sinceMs] = [done, performance.now()];
      await new Promise((resolve) => setTimeout(resolve, ms));
      return ((done - before) / (performance.now() - sinceMs)) * 1_000;
    },
    async stop() {
      going = false;
      await Promise.all(running);
      await Promise.all(clients.map((client: pg.Client) => client.end()));
      expect(errors.map(String)).toEqual([]);
    },
  };
  loads.push(load);
  return load;
}

const sharedStateIsAway = { code: '53300', message: expect.stringMatching(/shared state is away/) };

async function endAtOnce(client: pg.Client): Promise<null> {
  await client.end();
  return null;
}

/** Resolves once a server connection could be opened. */
async function grows(): Promise<void> {
  const client = await weir.client({ pooler: 0, direct: true });
  await client.query('select 1');
  await client.end();
}

test('while Redis is away warm pools serve on as before, new clients too; cold ones are told why, and growth comes back', async () => {
  const load = await startLoad();
  const before = await load.rate(windowMs);
  sampler.reset();
  for (const one of switches) one.turn(null);
  const endsAtMs = performance.now() + awayMs;
  // Rights that were given before may still be used for some seconds; afterwards nothing is opened.
  for (const pooler of [0, 1]) {
    const refusal = await waitUntil(
      () => weir.client({ pooler, direct: true }).then(endAtOnce, (error: unknown) => error),
      { what: 'no server connection is opened any more' },
    );
    expect(refusal).toMatchObject(sharedStateIsAway);
  }
  // Of a pool that has had no server yet, not even what a client is told at its login is known.
  await expect(weir.client({ pooler: 0, role: 'app_cold' })).rejects.toMatchObject(sharedStateIsAway);
  const rates: number[] = [];
  do {
    const [rate] = await Promise.all([
      load.rate(windowMs),
      (async () => {
        const fresh = await weir.client({ pooler: 1 });
        expect((await fresh.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
        await fresh.end();
      })(),
    ]);
    rates.push(rate);
  } while (performance.now() < endsAtMs);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  console.log(`queries a second: ${before.toFixed(0)} before, ${mean.toFixed(0)} while Redis was away`);
  // The short form runs beside other tests.
  expect(mean).toBeGreaterThan(before * (awayMs < 60_000 ? 0.7 : 0.9));
  for (const one of switches) one.turn(first.port);
  await waitUntil(() => grows().then(() => true), {
    what: 'server connections are opened again',
    timeoutMs: 20_000,
  });
  expect(sampler.seen().most).toBeLessThanOrEqual(budget);
});

test('a Redis that was restarted empty: traffic goes on, growth is taken up, the budget holds', async () => {
  const load = await startLoad();
  // Until both processes have what they need: a cold one would wait, and be told.
  await load.rate(1_000);
  sampler.reset();
  await first.kill();
  await first.start();
  const sinceMs = performance.now();
  await waitUntil(() => grows().then(() => true), {
    what: 'server connections are opened again',
    timeoutMs: 30_000,
  });
  console.log(`grew again ${Math.round(performance.now() - sinceMs)} ms after the restart`);
  expect(await load.rate(500)).toBeGreaterThan(0);
  expect(sampler.seen().most).toBeLessThanOrEqual(budget);
});

test('a failover to a copy that lags, while one process still talks to the former master, passes no budget', async () => {
  const replica = new Redis(copy.url);
  await replica.replicaof('127.0.0.1', first.port);
  await waitUntil(async () => /master_link_status:up/.test(await replica.info('replication')), {
    what: 'the copy follows',
  });
  // From here on it lags: what is granted now is lost.
  await replica.replicaof('NO', 'ONE');
  sampler.reset();
  const load = await startLoad(16);
  await load.rate(1_000);
  // The second process has not noticed: for it the former master is still there.
  switches[0]!.turn(copy.port);
  const cold = Promise.allSettled(
    Array.from({ length: 6 }, () => weir.client({ pooler: 0, role: 'app_cold' })),
  );
  await load.rate(2_000);
  switches[1]!.turn(copy.port);
  await waitUntil(() => grows().then(() => true), {
    what: 'server connections are opened again',
    timeoutMs: 30_000,
  });
  await load.rate(2_000);
  for (const one of await cold) if (one.status === 'fulfilled') await one.value.end();
  const { most, samples } = sampler.seen();
  console.log(`at most ${most} server connections in ${samples} samples`);
  expect(most).toBeLessThanOrEqual(budget);
  replica.disconnect();
});
