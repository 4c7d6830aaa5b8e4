// Pooler processes that are killed or frozen: their server connections are looked for, and their share goes to others.
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackendSampler, countBackends, sampleBackends } from './backend-sampler.ts';

const budget = 4;
let weir: Weir;
let sampler: BackendSampler;

beforeAll(async () => {
  weir = await startWeir({ budget, poolers: 3, postgres: { maxConnections: 60 } });
  sampler = await sampleBackends(weir.postgres.url, weir.database);
});
afterAll(async () => {
  await sampler?.stop();
  // One of its processes was killed on purpose, which is no orderly end.
  await weir?.close().catch(() => {});
});

/** The pooler gets all of the budget, on connections that stay open. */
async function takeAll(pooler: number) {
  const clients = await Promise.all(Array.from({ length: budget * 2 }, () => weir.client({ pooler })));
  await waitUntil(
    async () => {
      await Promise.all(clients.map((client) => client.query('select pg_sleep(0.2)')));
      return (await countBackends(weir)) === budget;
    },
    { what: 'the whole budget is in use' },
  );
  return clients;
}

test('the share of a process that was killed goes to others within seconds, and the budget holds', async () => {
  await takeAll(2);
  sampler.reset();
  process.kill(weir.poolers[2]!.pid, 'SIGKILL');
  const sinceMs = performance.now();
  const client = await weir.client({ pooler: 0 });
  await client.query('select 1');
  console.log(`served ${Math.round(performance.now() - sinceMs)} ms after the process was killed`);
  expect(performance.now() - sinceMs).toBeLessThan(15_000);
  const all = await takeAll(0);
  expect(sampler.seen().most).toBe(budget);
  await Promise.all([client, ...all].map((one) => one.end()));
});

test('the server connections of a frozen process are ended before others get its share, and it goes on when it thaws', async () => {
  const frozen = weir.poolers[1]!;
  const clients = await takeAll(1);
  sampler.reset();
  process.kill(frozen.pid, 'SIGSTOP');
  const sinceMs = performance.now();
  try {
    const client = await weir.client({ pooler: 0 });
    await client.query('select 1');
    console.log(`served ${Math.round(performance.now() - sinceMs)} ms after the process was frozen`);
    const all = await takeAll(0);
    expect(sampler.seen().most).toBe(budget);
    await Promise.all([client, ...all].map((one) => one.end()));
  } finally {
    process.kill(frozen.pid, 'SIGCONT');
  }
  // The thawed one finds its connections ended, and gets new ones within the budget. A query that it had sent on one of
  // them before it read of the end is told so.
  const outcomes = await Promise.allSettled(clients.map((one) => one.query('select 1 as one')));
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') expect(outcome.value.rows).toEqual([{ one: 1 }]);
    else expect(outcome.reason).toMatchObject({ code: '08006' });
  }
  const later = await weir.client({ pooler: 1 });
  expect((await later.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect(sampler.seen().most).toBeLessThanOrEqual(budget);
  await Promise.all([later, ...clients].map((one) => one.end().catch(() => {})));
});
