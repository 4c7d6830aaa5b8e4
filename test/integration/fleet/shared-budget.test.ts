// Several pooler processes with one budget: never passed, used by whoever needs it, handed over while they run.
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
  await weir?.close();
});

test('one process alone gets the whole budget', async () => {
  sampler.reset();
  const clients = await Promise.all(Array.from({ length: 8 }, () => weir.client({ pooler: 0 })));
  await Promise.all(clients.map((client) => client.query('select pg_sleep(0.3)')));
  expect(sampler.seen().most).toBe(budget);
  await Promise.all(clients.map((client) => client.end()));
});

test('who waits gets an idle server connection of another process within 100 ms', async () => {
  const own = await Promise.all(Array.from({ length: 4 }, () => weir.client({ pooler: 0 })));
  const other = await weir.client({ pooler: 1 });
  const waits: number[] = [];
  for (let round = 0; round < 5; round++) {
    // All of the budget goes to the first process, and is idle there.
    await waitUntil(
      async () => {
        await Promise.all(own.map((client) => client.query('select pg_sleep(0.2)')));
        return (await countBackends(weir)) === budget;
      },
      { what: 'all is with the first process' },
    );
    const sinceMs = performance.now();
    await other.query('select 1');
    waits.push(performance.now() - sinceMs);
    expect(await countBackends(weir)).toBeLessThanOrEqual(budget);
  }
  console.log(`waited for another process's idle server connection: ${waits.map(Math.round).join(', ')} ms`);
  waits.sort((a, b) => a - b);
  expect(waits[2]).toBeLessThan(100);
  await Promise.all([...own, other].map((client) => client.end()));
});

test('processes that all want more share it, everybody is served, and the database never sees more', async () => {
  sampler.reset();
  const clients = await Promise.all(
    Array.from({ length: 30 }, (_, index) => weir.client({ pooler: index % 3 })),
  );
  let served = 0;
  await Promise.all(
    clients.map(async (client, index) => {
      for (let turn = 0; turn < 10; turn++) {
        const { rows } = await client.query('select $1::int as value, pg_sleep(0.01)', [index * 100 + turn]);
        expect(rows[0]).toMatchObject({ value: index * 100 + turn });
        served++;
      }
    }),
  );
  expect(served).toBe(300);
  const { most, samples } = sampler.seen();
  expect(samples).toBeGreaterThan(5);
  expect(most).toBeLessThanOrEqual(budget);
  expect(most).toBeGreaterThan(budget / 2);
  await Promise.all(clients.map((client) => client.end()));
});

test('direct clients and pinned ones of all processes count, and leave one to the pooled', async () => {
  sampler.reset();
  const direct = await weir.client({ pooler: 0, direct: true });
  const pinned = await weir.client({ pooler: 1 });
  await pinned.query('create temp table kept (n int)');
  const second = await weir.client({ pooler: 2, direct: true });
  // Three are held, and what is left is for those who share.
  const pooled = await Promise.all([0, 1, 2].map((pooler) => weir.client({ pooler })));
  const rows = await Promise.all(pooled.map((client) => client.query('select pg_sleep(0.05), 1 as one')));
  expect(rows.map(({ rows: [row] }) => row.one)).toEqual([1, 1, 1]);
  expect(sampler.seen().most).toBeLessThanOrEqual(budget);
  await Promise.all([direct, pinned, second, ...pooled].map((client) => client.end()));
});

test('a process that leaves in order gives back what it had', async () => {
  const leaving = weir.poolers[2]!;
  const clients = await Promise.all(Array.from({ length: 6 }, () => weir.client({ pooler: 2 })));
  await Promise.all(clients.map((client) => client.query('select pg_sleep(0.05)')));
  await Promise.all(clients.map((client) => client.end()));
  process.kill(leaving.pid, 'SIGTERM');
  await leaving.process.exited;
  const sinceMs = performance.now();
  const others = await Promise.all(Array.from({ length: 8 }, () => weir.client({ pooler: 0 })));
  await Promise.all(others.map((client) => client.query('select pg_sleep(0.3)')));
  // Well before a silent one would have been given up.
  expect(performance.now() - sinceMs).toBeLessThan(4_000);
  expect(sampler.seen().most).toBe(budget);
  await Promise.all(others.map((client) => client.end()));
});
