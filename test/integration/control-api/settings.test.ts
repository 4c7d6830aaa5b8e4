// Settings on their way from the API to the poolers' pools: a change reaches clients that are there, and drops none.
import type { EndpointReply } from '@weir/api-contract';
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

let weir: Weir;
const open: pg.Client[] = [];
beforeAll(async () => {
  weir = await startWeir({ budget: 5 });
  await weir.createRole('reports', 'reports-pw');
});
afterAll(async () => {
  await Promise.all(open.map((client) => client.end().catch(() => {})));
  await weir?.close();
});

async function connect(role = 'app'): Promise<pg.Client> {
  const client = await weir.client({ role });
  client.on('error', () => {});
  open.push(client);
  return client;
}

/** The SQLSTATE with which a new client's first query is refused, or null. */
async function refusalOf(role: string): Promise<string | null> {
  const client = await connect(role);
  try {
    await client.query('select 1');
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? 'no code';
  } finally {
    await client.end().catch(() => {});
  }
}

test('a change of settings and overrides takes hold while a client is in a transaction, which goes on', async () => {
  const busy = await connect();
  await busy.query('create table kept (value int)');
  await busy.query('begin');
  await busy.query('insert into kept values (1)');
  expect(await refusalOf('app')).toBeNull();
  expect(await refusalOf('reports')).toBeNull();

  // One server connection a pool, and older ones close at release: whoever comes next waits for that of the client above.
  const changed = await weir.controlApi.call<EndpointReply>('PATCH', `/v1/endpoints/${weir.endpoint.id}`, {
    settings: {
      transactionTimeoutMs: 3_600_000,
      stateTracking: 'strict',
      overrides: [
        { role: 'app', settings: { poolSize: 1, queryWaitTimeoutMs: 100, serverLifetimeMs: 1_000 } },
      ],
    },
  });
  expect(changed.settings.overrides).toHaveLength(1);
  await waitUntil(async () => (await refusalOf('app')) !== null, { what: 'the override has arrived' });
  expect(await refusalOf('reports')).toBeNull();

  await busy.query('insert into kept values (2)');
  await busy.query('commit');
  const { rows } = await busy.query('select sum(value)::int as sum from kept');
  expect(rows).toEqual([{ sum: 3 }]);
  expect(await refusalOf('app')).toBeNull();
});
