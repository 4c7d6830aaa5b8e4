// What clients really did, as the API and the command tell it a few seconds later, also of a pooler that has ended.
import type { UsageItemReply, UsagePageReply } from '@weir/api-contract';
import { startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliIn } from '../cli/run-cli.ts';

let weir: Weir;
beforeAll(async () => {
  weir = await startWeir();
});
afterAll(() => weir?.close());

/** All periods of the endpoint in one: a test may run over the end of an hour. */
async function used(): Promise<
  Pick<UsageItemReply, 'transactions' | 'queries' | 'bytesSent' | 'clientsPeak'>
> {
  const { items } = await weir.controlApi.call<UsagePageReply>(
    'GET',
    `/v1/usage?by=hour&endpointId=${weir.endpoint.id}`,
  );
  const sum = (name: 'transactions' | 'queries' | 'bytesSent') =>
    items.reduce((total, item) => total + item[name], 0);
  return {
    transactions: sum('transactions'),
    queries: sum('queries'),
    bytesSent: sum('bytesSent'),
    clientsPeak: Math.max(0, ...items.map((item) => item.clientsPeak)),
  };
}

test('transactions, bytes and clients are told within seconds, and none twice, also over the end of the pooler', async () => {
  const clients = await Promise.all(Array.from({ length: 5 }, () => weir.client()));
  const before = await used();
  for (const client of clients) {
    for (let query = 0; query < 20; query++) await client.query("select repeat('x', 1000)");
  }
  const counted = await waitUntil(
    async () => {
      const now = await used();
      return now.transactions - before.transactions >= 100 && now;
    },
    { what: 'the hundred transactions are told', timeoutMs: 60_000, intervalMs: 200 },
  );
  expect(counted.bytesSent).toBeGreaterThanOrEqual(100_000);
  expect(counted.clientsPeak).toBeGreaterThanOrEqual(5);

  // What comes after the last report is told by the one that a pooler makes when it ends.
  await clients[0]!.query('select 1');
  const metrics = await weir.pooler.metrics();
  const real = Number(/^weir_transactions_total\{endpoint="ep-[^}]*\} (\d+)$/m.exec(metrics)![1]);
  await Promise.all(clients.map((client) => client.end()));
  await weir.pooler.close();
  const last = await waitUntil(
    async () => {
      const now = await used();
      return now.transactions >= real && now;
    },
    { what: `all ${real} transactions are told`, timeoutMs: 60_000, intervalMs: 200 },
  );
  expect(last.transactions).toBe(real);
});

test('weir usage prints what the API says', async () => {
  const directory = temporaryDirectory('cli');
  const run = cliIn(directory.path, { WEIR_API_URL: weir.apiUrl, WEIR_API_KEY: weir.apiKey });
  const { stdout } = await run(['usage', '--by', 'hour', '--endpoint', weir.endpoint.id]);
  expect(stdout).toContain(weir.endpoint.id);
  const json = await run(['usage', '--by', 'day', '--json']);
  directory.remove();
  expect(JSON.parse(json.stdout).items[0]).toMatchObject({ endpointId: weir.endpoint.id });
});
