// Adding counters of processes to the hours: each count once, whatever comes twice, late, begun anew or at the same time.
import { randomBytes } from 'node:crypto';
import type { UsagePageReply } from '@weir/api-contract';
import { addUsage, type Catalog, forgetUsage, type UsageReading } from '@weir/catalog';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bench, catalogUrlOf, createTenant, openCatalogAt, startBench } from '../control-api/support.ts';

let bench: Bench;
let catalog: Catalog;
let endpointId: string;
beforeAll(async () => {
  bench = await startBench();
  catalog = await openCatalogAt(catalogUrlOf(bench.server), bench.sealKeyFile);
});
afterAll(async () => {
  await catalog?.close();
  await bench?.close();
});
beforeEach(async () => {
  endpointId = (await createTenant(bench)).endpoint.id;
});

const startedAt = '2026-01-02T03:04:05.000Z';

function reading(transactions: number, change: Partial<UsageReading> = {}): UsageReading {
  return {
    endpointId,
    processId: 'pooler-1',
    countedSince: startedAt,
    clientsPeak: 3,
    clientSeconds: transactions * 2,
    serverConnectionSeconds: transactions / 2,
    transactions,
    queries: transactions * 3,
    bytesReceived: transactions * 10,
    bytesSent: transactions * 20,
    waitSeconds: transactions / 4,
    ...change,
  };
}

/** What the API says of the endpoint's use, by day: a test may run over the end of an hour. */
async function used(query = '') {
  const { items } = await bench.api.call<UsagePageReply>(
    'GET',
    `/v1/usage?by=month&endpointId=${endpointId}${query}`,
  );
  return items;
}

test('what a process counted more than before is added, and the same reading adds nothing again', async () => {
  await addUsage(catalog, [reading(10)]);
  await addUsage(catalog, [reading(10)]);
  await addUsage(catalog, [reading(14, { clientsPeak: 9 })]);
  expect(await used()).toMatchObject([
    {
      endpointId,
      transactions: 14,
      queries: 42,
      bytesReceived: 140,
      bytesSent: 280,
      serverConnectionSeconds: 7,
      waitSeconds: 3.5,
      clientsPeak: 9,
    },
  ]);
});

test('an older reading that comes late adds nothing, and takes nothing back', async () => {
  await addUsage(catalog, [reading(10)]);
  await addUsage(catalog, [reading(4)]);
  await addUsage(catalog, [reading(12)]);
  expect((await used())[0]!.transactions).toBe(12);
});

test('counters that began anew are counted from nothing, beside those of before', async () => {
  await addUsage(catalog, [reading(10)]);
  await addUsage(catalog, [reading(4, { countedSince: '2026-01-02T04:00:00.000Z' }), reading(11)]);
  expect((await used())[0]!.transactions).toBe(15);
});

test('processes are added up, their peaks too, and a reading that comes twice in one report counts once', async () => {
  const other = reading(5, { processId: 'pooler-2', clientsPeak: 4 });
  await addUsage(catalog, [reading(10), other, other]);
  expect((await used())[0]).toMatchObject({ transactions: 15, clientsPeak: 7 });
});

test('workers that add the same readings at the same time add them once', async () => {
  await Promise.all(Array.from({ length: 8 }, () => addUsage(catalog, [reading(10)])));
  expect((await used())[0]!.transactions).toBe(10);
});

test('what was used by an endpoint that the catalog does not know is left out, and holds up nobody', async () => {
  await addUsage(catalog, [reading(10, { endpointId: 'ep-no-such-000000' }), reading(1)]);
  expect((await used())[0]!.transactions).toBe(1);
});

test('nothing is shown of a time in which nothing was used, nor of another organisation', async () => {
  await addUsage(catalog, [reading(10)]);
  expect(await used('&until=2026-01-01T00:00:00Z')).toEqual([]);
  const { secret } = await bench.api.call<{ secret: string }>('POST', '/v1/organisations', {
    name: randomBytes(4).toString('hex'),
  });
  const theirs = await bench.api.call<UsagePageReply>('GET', '/v1/usage', undefined, {
    authorization: `Bearer ${secret}`,
  });
  expect(theirs.items).toEqual([]);
});

test('hours and readings that are too old are forgotten, the others stay', async () => {
  await addUsage(catalog, [reading(10)]);
  const { db } = catalog;
  await db.execute(
    `insert into usage_hours select endpoint_id, date_trunc('hour', now() - interval '401 days', 'UTC'), 1, 1, 1, 1, 1, 1, 1, 1
     from usage_hours where endpoint_id = '${endpointId}'`,
  );
  await db.execute(
    `update usage_readings set read_at = now() - interval '2 days' where endpoint_id = '${endpointId}'`,
  );
  await forgetUsage(catalog);
  const count = async (table: string) =>
    (await db.execute(`select 1 from ${table} where endpoint_id = '${endpointId}'`)).rows.length;
  expect([await count('usage_hours'), await count('usage_readings')]).toEqual([1, 0]);
});

test('pages of one follow each other and end', async () => {
  await addUsage(catalog, [reading(10)]);
  const second = (await createTenant(bench)).endpoint.id;
  await addUsage(catalog, [reading(3, { endpointId: second })]);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: UsagePageReply = await bench.api.call(
      'GET',
      `/v1/usage?by=day&limit=1${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    seen.push(...page.items.map((item) => item.endpointId));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(expect.arrayContaining([endpointId, second]));
  expect(new Set(seen).size).toBe(seen.length);
});
