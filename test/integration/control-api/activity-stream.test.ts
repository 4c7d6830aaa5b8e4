// Activity as events: clients, servers, times, pins and errors of real traffic, as they come, to whoever may read them.
import {
  type CreateApiKeyReply,
  createEventReader,
  type EndpointActivityReply,
  endpointActivitySchema,
  eventsContentType,
  pathOf,
} from '@weir/api-contract';
import { startWeir, type Weir } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';

let weir: Weir;
beforeAll(async () => {
  weir = await startWeir({ budget: 5, settings: { clientConnectionsMax: 3 } });
});
afterAll(() => weir?.close());

async function ask(endpointId: string, key = weir.apiKey): Promise<Response> {
  return fetch(weir.apiUrl + pathOf('getActivity', { endpointId }), {
    headers: { authorization: `Bearer ${key}`, accept: eventsContentType },
  });
}

/** The stream's replies, one after the other. */
async function* watch(): AsyncGenerator<EndpointActivityReply> {
  const reply = await ask(weir.endpoint.id);
  expect(reply.headers.get('content-type')).toContain(eventsContentType);
  expect(reply.headers.get('cache-control')).toBe('no-store');
  const read = createEventReader();
  const decoder = new TextDecoder();
  for await (const bytes of reply.body!) {
    for (const data of read(decoder.decode(bytes, { stream: true })))
      yield endpointActivitySchema.parse(JSON.parse(data));
  }
}

async function until(
  stream: AsyncGenerator<EndpointActivityReply>,
  is: (reply: EndpointActivityReply) => boolean,
): Promise<EndpointActivityReply> {
  for (;;) {
    const { value, done } = await stream.next();
    if (done) throw new Error('the stream has ended');
    if (is(value)) return value;
  }
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

test('what clients do is seen in the events of one stream', async () => {
  const stream = watch();
  const first = await until(stream, () => true);
  const client = await weir.client();
  for (let round = 0; round < 20; round++) await client.query('select 1');
  const busy = await until(stream, ({ totals }) => totals.transactionsTotal >= 20);
  expect(busy.totals.clientsIdle).toBe(1);
  // The first client of a pool waits once more, to be told what its server is.
  expect(sum(busy.counted.waits) - sum(first.counted.waits)).toBeGreaterThanOrEqual(20);
  expect(sum(busy.counted.executions) - sum(first.counted.executions)).toBeGreaterThanOrEqual(20);

  // A second takes its class: over 0.5 s and at most 1 s does not hold it, over 1 s does.
  await client.query('select pg_sleep(1.1)');
  const bound = busy.counted.boundsSeconds.indexOf(1);
  await until(stream, ({ counted }) => sum(counted.executions.slice(bound + 1)) === 1);

  await client.query('create temp table kept ()');
  await until(
    stream,
    ({ counted, totals }) => counted.pins['temp-object'] === 1 && totals.serversPinned === 1,
  );

  const others = [await weir.client(), await weir.client()];
  await expect(weir.client()).rejects.toThrow('client connections open');
  await until(stream, ({ counted }) => counted.errors.CLIENT_LIMIT === 1);
  for (const other of [client, ...others]) await other.end();
  await until(stream, ({ totals }) => totals.clientsIdle + totals.clientsActive === 0);
  await stream.return(undefined);
});

test('a stream follows the budget, and ends with its endpoint', async () => {
  const tenant = await weir.controlApi.call<{ endpoint: { id: string }; tenant: { id: string } }>(
    'POST',
    '/v1/tenants',
    {
      name: 'short-lived',
      computeRamGb: 1,
      upstream: {
        host: weir.postgres.host,
        port: weir.postgres.port,
        database: weir.database,
        user: weir.postgres.user,
        password: weir.postgres.password,
        tlsMode: 'disable',
      },
    },
  );
  const reply = await ask(tenant.endpoint.id);
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  await reader.read();
  await weir.controlApi.call('PATCH', `/v1/endpoints/${tenant.endpoint.id}`, { sizing: { cap: 9 } });
  for (;;) {
    const { value = '' } = await reader.read();
    if (value.includes('"budget":2,')) break;
  }
  await weir.controlApi.call('DELETE', `/v1/tenants/${tenant.tenant.id}`);
  while (!(await reader.read()).done);
});

test('events need the scope and the endpoint that the reply needs, and refusals are problems', async () => {
  expect((await ask(weir.endpoint.id, 'weir_nobody')).status).toBe(401);
  const missing = await ask('ep-calm-river-a1b2c3');
  expect(missing.status).toBe(404);
  expect(missing.headers.get('content-type')).toContain('application/problem+json');
});

test('a key has so many streams at a time, and gets others as those end', async () => {
  const { secret } = await weir.controlApi.call<CreateApiKeyReply>('POST', '/v1/api-keys', {
    name: 'watcher',
    scopes: ['read'],
  });
  const replies = await Promise.all(Array.from({ length: 50 }, () => ask(weir.endpoint.id, secret)));
  expect(replies.map(({ status }) => status)).toEqual(new Array(50).fill(200));
  const over = await ask(weir.endpoint.id, secret);
  expect([over.status, ((await over.json()) as { detail: string }).detail]).toEqual([
    429,
    'this key has 50 streams of events open',
  ]);
  await Promise.all(replies.map((reply) => reply.body!.cancel()));
  await expect.poll(async () => (await ask(weir.endpoint.id, secret)).status, { timeout: 10_000 }).toBe(200);
});
