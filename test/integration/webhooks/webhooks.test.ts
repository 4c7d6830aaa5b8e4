// Webhooks from creation to receipt: what is told, how it is signed, what is tried again, and where nothing is ever sent.

import { writeFileSync } from 'node:fs';
import type {
  CreateWebhookReply,
  DeliveryReply,
  EndpointReply,
  Problem,
  RotateWebhookSecretReply,
  WebhookReply,
} from '@weir/api-contract';
import { forgetPreviousSecrets } from '@weir/catalog';
import { startControlApi, temporaryDirectory, waitUntil } from '@weir/harness';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { cliIn } from '../cli/run-cli.ts';
import { type Bench, catalogUrlOf, createTenant, openCatalogAt, startBench } from '../control-api/support.ts';
import { isSigned, type Receiver, startReceiver } from './receiver.ts';

const allEvents = [
  'tenant.created',
  'tenant.changed',
  'tenant.suspended',
  'tenant.activated',
  'tenant.deleted',
];

let bench: Bench;
let receiver: Receiver;
let made: CreateWebhookReply;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.close());
beforeEach(async () => {
  receiver = await startReceiver();
  made = await bench.api.call('POST', '/v1/webhooks', { url: receiver.url, events: allEvents });
});
afterEach(async () => {
  await bench.api.fetch('DELETE', `/v1/webhooks/${made.webhook.id}`);
  await receiver.close();
});

const path = (rest = '') => `/v1/webhooks/${made.webhook.id}${rest}`;
async function deliveriesOf(query = ''): Promise<DeliveryReply[]> {
  const { items } = await bench.api.call<{ items: DeliveryReply[] }>('GET', path(`/deliveries${query}`));
  return items;
}
const arrived = (count: number) =>
  waitUntil(() => receiver.received.length >= count, { what: `${count} deliveries arrive`, intervalMs: 10 });

/** Makes what is put off due now, as the time that passes would. */
async function letTimePass(attemptsMade = 1): Promise<void> {
  await inCatalog("update deliveries set due_at = now(), attempts = $1 where status = 'pending'", [
    attemptsMade,
  ]);
}

async function inCatalog<Row extends pg.QueryResultRow>(
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: catalogUrlOf(bench.server) });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

test('each change is told once by its own name, signed, and listed with what became of it', async () => {
  const { tenant } = await createTenant(bench);
  const change = (body: unknown) => bench.api.call('PATCH', `/v1/tenants/${tenant.id}`, body);
  await change({ name: 'Mill' });
  await change({ status: 'suspended', suspendedReason: 'unpaid' });
  await change({ status: 'active' });
  await bench.api.call('DELETE', `/v1/tenants/${tenant.id}`);
  await arrived(5);
  const types = receiver.received.map(({ body }) => body.type);
  expect(types.sort()).toEqual([...allEvents].sort());
  for (const one of receiver.received) {
    expect(isSigned(one, made.secret)).toBe(true);
    expect(one.body).toMatchObject({ tenantId: tenant.id, targetId: tenant.id });
    expect(one.headers['content-type']).toBe('application/json');
  }
  const renamed = receiver.received.find(({ body }) => body.type === 'tenant.changed')!;
  expect(renamed.body.changes).toEqual([{ field: 'name', before: 'Shop', after: 'Mill' }]);
  await waitUntil(async () => (await deliveriesOf('?status=delivered')).length === 5, {
    what: 'all are done',
  });
  const [newest] = await deliveriesOf('?limit=1');
  expect(newest).toMatchObject({ status: 'delivered', attempts: 1, lastStatus: 204, dueAt: null });
  expect(newest!.body).toMatchObject({ type: 'tenant.deleted', targetId: tenant.id });
});

test('nothing is told that was not asked for, nor of another organisation, nor while it is off', async () => {
  const { tenant, endpoint } = await createTenant(bench);
  await arrived(1);
  await bench.api.call<EndpointReply>('PATCH', `/v1/endpoints/${endpoint.id}`, { settings: { poolSize: 3 } });
  const { secret } = await bench.api.call<{ secret: string }>('POST', '/v1/organisations', { name: 'Other' });
  const theirs = { authorization: `Bearer ${secret}` };
  const { webhook } = await bench.api.call<CreateWebhookReply>(
    'POST',
    '/v1/webhooks',
    { url: receiver.url, events: allEvents },
    theirs,
  );
  await bench.api.call('PATCH', path(), { enabled: false });
  await bench.api.call('PATCH', `/v1/tenants/${tenant.id}`, { name: 'Unheard' });
  await bench.api.call('PATCH', path(), { enabled: true });
  await bench.api.call('POST', path('/test'));
  await arrived(2);
  expect(receiver.received.map(({ body }) => body.type)).toEqual(['tenant.created', 'test']);
  await bench.api.call('DELETE', `/v1/webhooks/${webhook.id}`, undefined, theirs);
});

test.each([
  ['an error', { status: 503 }, 'status', 503],
  [
    'a redirect, which is not followed',
    { status: 307, headers: { location: '/elsewhere' } },
    'redirect',
    307,
  ],
])('%s is tried again later, under the same id', async (_what, answer, error, status) => {
  receiver.answer = answer;
  const { id } = await bench.api.call<DeliveryReply>('POST', path('/test'));
  await arrived(1);
  const failed = await waitUntil(async () => (await deliveriesOf()).find((one) => one.lastError !== null), {
    what: 'the failure is told',
  });
  expect(failed).toMatchObject({ id, status: 'pending', attempts: 1, lastError: error, lastStatus: status });
  const pauseMs = Date.parse(failed.dueAt!) - Date.now();
  expect(pauseMs).toBeGreaterThan(0);
  expect(pauseMs).toBeLessThan(7_000);
  receiver.answer = { status: 200 };
  await letTimePass();
  await arrived(2);
  expect(receiver.received.map((one) => one.id)).toEqual([id, id]);
  await waitUntil(async () => (await deliveriesOf())[0]!.status === 'delivered', { what: 'it is done' });
  expect((await deliveriesOf())[0]!.attempts).toBe(2);
});

test('a receiver that says nothing is given up on after five seconds, and holds up no other', async () => {
  receiver.answer = null;
  await bench.api.call('POST', path('/test'));
  await arrived(1);
  const other = await startReceiver();
  const second = await bench.api.call<CreateWebhookReply>('POST', '/v1/webhooks', {
    url: other.url,
    events: allEvents,
  });
  await bench.api.call('POST', `/v1/webhooks/${second.webhook.id}/test`);
  await waitUntil(() => other.received.length === 1, { what: 'the other one is told' });
  const [failed] = await waitUntil(
    async () => {
      const all = await deliveriesOf();
      return all[0]!.lastError !== null && all;
    },
    { what: 'it is given up on' },
  );
  expect(failed).toMatchObject({ lastError: 'timeout', lastStatus: null, status: 'pending' });
  await bench.api.call('DELETE', `/v1/webhooks/${second.webhook.id}`);
  await other.close();
});

test('what is delivered can be replayed under its id, and what fails for a day is given up', async () => {
  const { id } = await bench.api.call<DeliveryReply>('POST', path('/test'));
  await waitUntil(async () => (await deliveriesOf('?status=delivered')).length === 1, { what: 'it is done' });
  await bench.api.call('POST', path(`/deliveries/${id}/replay`));
  await arrived(2);
  expect(receiver.received.map((one) => one.id)).toEqual([id, id]);

  receiver.answer = { status: 500 };
  await waitUntil(async () => (await deliveriesOf('?status=delivered')).length === 1, { what: 'it is done' });
  await bench.api.call('POST', path(`/deliveries/${id}/replay`));
  await waitUntil(async () => (await deliveriesOf())[0]!.lastStatus === 500, { what: 'it fails' });
  // The twelfth attempt was made, and the pause after it has passed.
  await letTimePass(12);
  const given = await waitUntil(async () => (await deliveriesOf('?status=failed'))[0], {
    what: 'it is given up',
  });
  expect(given).toMatchObject({ id, lastStatus: 500, lastError: 'status', dueAt: null });
});

test('the secret is in the reply that makes it and nowhere else', async () => {
  const { id } = made.webhook;
  const told = await bench.api.call<WebhookReply>('GET', `/v1/webhooks/${id}`);
  expect(told).toEqual(made.webhook);
  const list = JSON.stringify(await bench.api.call('GET', '/v1/webhooks'));
  expect(list).toContain(id);
  const audit = JSON.stringify(await bench.api.call('GET', `/v1/audit?targetId=${id}`));
  expect(audit).toContain('webhook.create');
  for (const text of [list, audit, bench.api.output()]) expect(text).not.toContain(made.secret);
});

const rotate = (body: object = {}) => bench.api.call<RotateWebhookSecretReply>('POST', path('/rotate'), body);
/** Which of the secrets sign the delivery that is sent next. */
async function signingNow(...secrets: string[]): Promise<boolean[]> {
  const { id } = await bench.api.call<DeliveryReply>('POST', path('/test'));
  const sent = () => receiver.received.find((one) => one.id === id);
  await waitUntil(() => sent() !== undefined, { what: 'the test arrives', intervalMs: 10 });
  expect(String(sent()!.headers['webhook-signature']).split(' ')).toHaveLength(
    secrets.filter((secret) => isSigned(sent()!, secret)).length,
  );
  return secrets.map((secret) => isSigned(sent()!, secret));
}

test('a secret that is rotated signs beside the new one until the overlap is over, and is then forgotten', async () => {
  const first = made.secret;
  const { webhook, secret: second } = await rotate();
  const leftMs = Date.parse(webhook.previousSecretUntil!) - Date.now();
  expect(Math.round(leftMs / 60_000)).toBe(24 * 60);
  expect(await bench.api.call<WebhookReply>('GET', path())).toEqual(webhook);
  expect(await signingNow(first, second)).toEqual([true, true]);
  // One more: a receiver has to know the last two, and no older one.
  const { secret: third } = await rotate({ overlapSeconds: 60 });
  expect(await signingNow(first, second, third)).toEqual([false, true, true]);

  await inCatalog("update webhooks set previous_secret_until = now() - interval '1 second'");
  expect(await signingNow(second, third)).toEqual([false, true]);
  expect((await bench.api.call<WebhookReply>('GET', path())).previousSecretUntil).toBeNull();
  const catalog = await openCatalogAt(catalogUrlOf(bench.server), bench.sealKeyFile);
  await forgetPreviousSecrets(catalog);
  await catalog.close();
  expect(await inCatalog('select id from webhooks where previous_secret_sealed is not null')).toEqual([]);
  expect(await signingNow(second, third)).toEqual([false, true]);
});

test('an overlap of nothing, or one that is ended, leaves the newest secret alone, and the audit log has no secret', async () => {
  const { webhook, secret: second } = await rotate({ overlapSeconds: 0 });
  expect(webhook.previousSecretUntil).toBeNull();
  expect(await signingNow(made.secret, second)).toEqual([false, true]);
  const { secret: third } = await rotate();
  const ended = await bench.api.call<WebhookReply>('POST', path('/end-overlap'));
  expect(ended.previousSecretUntil).toBeNull();
  expect(await signingNow(second, third)).toEqual([false, true]);
  // Where nothing is to be ended nothing is written down.
  await bench.api.call('POST', path('/end-overlap'));
  const { items } = await bench.api.call<{ items: { action: string; changes: unknown[] }[] }>(
    'GET',
    `/v1/audit?targetId=${made.webhook.id}`,
  );
  expect(items.map(({ action }) => action)).toEqual([
    'webhook.end-overlap',
    'webhook.rotate',
    'webhook.rotate',
    'webhook.create',
  ]);
  expect(items[2]!.changes).toEqual([
    { field: 'overlapMs', before: null, after: 0 },
    { field: 'secret', before: '(secret)', after: '(secret)' },
  ]);
  const told = JSON.stringify([items, await bench.api.call('GET', '/v1/webhooks'), bench.api.output()]);
  for (const secret of [made.secret, second, third]) expect(told).not.toContain(secret);
});

test('a rotation that is asked for again under its key gives the same secret, and is made once', async () => {
  const again = () =>
    bench.api.call<RotateWebhookSecretReply>(
      'POST',
      path('/rotate'),
      {},
      {
        authorization: `Bearer ${bench.api.apiKey}`,
        'idempotency-key': `rotation-of-${made.webhook.id}`,
      },
    );
  const once = await again();
  expect(await again()).toEqual(once);
  expect(await signingNow(made.secret, once.secret)).toEqual([true, true]);
});

test('a secret that does not open any more is replaced by a rotation without an overlap', async () => {
  await inCatalog("update webhooks set secret_sealed = split_part(secret_sealed, ':', 1) || ':AAAA'");
  const { secret } = await rotate({ overlapSeconds: 0 });
  expect(await signingNow(secret)).toEqual([true]);
});

test('weir webhooks makes, tests, lists, replays, changes and deletes', async () => {
  const directory = temporaryDirectory('cli');
  const run = cliIn(directory.path, { WEIR_API_URL: bench.api.url, WEIR_API_KEY: bench.api.apiKey });
  const json = async (...words: string[]) => JSON.parse((await run(['webhooks', ...words, '--json'])).stdout);
  const { webhook, secret } = await json('create', receiver.url, '--event', 'role.rotated');
  const sent = await json('test', webhook.id);
  await arrived(1);
  expect(isSigned(receiver.received[0]!, secret)).toBe(true);
  await json('replay', webhook.id, sent.id);
  await arrived(2);
  expect((await json('deliveries', webhook.id)).map((one: DeliveryReply) => one.id)).toEqual([sent.id]);
  const rotated = await json('rotate', webhook.id, '--overlap', '600');
  await json('test', webhook.id);
  await arrived(3);
  for (const one of [secret, rotated.secret]) expect(isSigned(receiver.received[2]!, one)).toBe(true);
  expect((await run(['webhooks', 'end-overlap', webhook.id])).stdout).toMatch(/^only the newest secret/);
  const told = await run(['webhooks', 'rotate', webhook.id]);
  expect(told.stdout).toMatch(/the secret before signs too until .*\nsecret, shown only now: whsec_/);
  expect((await json('change', webhook.id, '--off')).enabled).toBe(false);
  expect((await run(['webhooks', 'list'])).stdout).toMatch(new RegExp(`${webhook.id} +off`));
  expect((await run(['webhooks', 'create', receiver.url, '--event', 'nonsense'])).code).toBe(5);
  expect(await json('delete', webhook.id)).toEqual({ deleted: webhook.id });
  directory.remove();
});

test('an address that the egress policy forbids is refused at creation, and at each attempt', async () => {
  const directory = temporaryDirectory('strict');
  const strict = await startControlApi({
    catalogUrl: catalogUrlOf(bench.server),
    redisUrl: bench.redis.url,
    sealKeyFile: bench.sealKeyFile,
    env: { WEIR_EGRESS_ALLOW: undefined, WEIR_FIRST_KEY_FILE: keyFileOf(directory.path) },
  });
  const authorization = { authorization: `Bearer ${bench.api.apiKey}` };
  const refused = async (url: string) => {
    const reply = await strict.fetch(
      'POST',
      '/v1/webhooks',
      { url, events: ['tenant.created'] },
      authorization,
    );
    const { type, errors } = (await reply.json()) as Problem;
    return [type.split('/').at(-1), errors?.[0]?.field];
  };
  for (const host of ['127.0.0.1', '[::1]', '169.254.169.254', '10.0.0.1', 'localhost', '0x7f000001']) {
    expect([host, await refused(`http://${host}:8080/`)]).toEqual([host, ['webhook-url-refused', 'url']]);
  }
  for (const url of [
    'ftp://example.com',
    'http://a:b@example.com',
    'http://',
    'javascript:1',
    'http://x/#y',
  ]) {
    expect([url, await refused(url)]).toEqual([url, ['validation-failed', 'url']]);
  }
  await strict.close();
  directory.remove();
});

/** With a catalog that has keys already none is made, but the harness reads one. */
function keyFileOf(directory: string): string {
  const file = `${directory}/api-key`;
  writeFileSync(file, bench.api.apiKey);
  return file;
}

test('an address that is no longer allowed when it is sent to is not dialled', async () => {
  await bench.api.call('PATCH', path(), { url: receiver.url });
  // As if DNS had changed since it was checked: what is dialled is judged anew.
  const own = new URL(receiver.url);
  const strict = await startBench({ env: { WEIR_OWN_LISTENERS: `127.0.0.1:${own.port}` } });
  const client = new pg.Client({ connectionString: catalogUrlOf(strict.server) });
  await client.connect();
  const elsewhere = await startReceiver();
  const hook = await strict.api.call<CreateWebhookReply>('POST', '/v1/webhooks', {
    url: elsewhere.url,
    events: ['tenant.created'],
  });
  await client.query('update webhooks set url = $1', [receiver.url]);
  await strict.api.call('POST', `/v1/webhooks/${hook.webhook.id}/test`);
  const failed = await waitUntil(
    async () => {
      const { items } = await strict.api.call<{ items: DeliveryReply[] }>(
        'GET',
        `/v1/webhooks/${hook.webhook.id}/deliveries`,
      );
      return items[0]!.lastError !== null && items[0];
    },
    { what: 'it is refused' },
  );
  expect(failed).toMatchObject({ lastError: 'forbidden', lastStatus: null });
  expect([receiver.received.length, elsewhere.received.length]).toEqual([0, 0]);
  await client.end();
  await strict.close();
  await elsewhere.close();
});
