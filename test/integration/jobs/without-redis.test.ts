// Control-api and pooler in one process without Redis: jobs are woken over the catalog's own database, before and after it was away.
import { join } from 'node:path';
import type { CreateWebhookReply } from '@weir/api-contract';
import {
  type ControlApi,
  type Postgres,
  startControlApi,
  startPostgres,
  temporaryDirectory,
  testCertificates,
  waitUntil,
} from '@weir/harness';
import { freePort } from '@weir/local-servers';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../webhooks/receiver.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let catalog: Postgres;
let catalogUrl: string;
let weir: ControlApi;
let receiver: Receiver;
beforeAll(async () => {
  directory = temporaryDirectory('without-redis');
  catalog = await startPostgres({
    settings: { fsync: true, synchronous_commit: true, full_page_writes: true },
  });
  await catalog.sql('create database weir');
  catalogUrl = catalog.url.replace(/\/postgres$/, '/weir');
  const certificates = await testCertificates('db.localhost');
  weir = await startControlApi({
    catalogUrl,
    sealKeyFile: join(directory.path, 'seal.key'),
    env: {
      WEIR_LISTEN: `127.0.0.1:${await freePort()}`,
      WEIR_ADMIN_LISTEN: `127.0.0.1:${await freePort()}`,
      WEIR_DOMAINS: 'db.localhost',
      WEIR_TLS: `${certificates.certFile}:${certificates.keyFile}`,
    },
  });
  receiver = await startReceiver();
});
afterAll(async () => {
  await weir?.close();
  await catalog?.close();
  await receiver?.close();
  directory?.remove();
});

/** How many wake-ups for deliveries were carried by the database. */
async function wokenCount(): Promise<number> {
  const client = new pg.Client({ connectionString: catalogUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int as count from bullmq.event where event = 'added' and data ->> 'name' = 'deliver-webhooks'`,
    );
    return rows[0]!.count;
  } finally {
    await client.end();
  }
}

test('a change wakes its jobs over the catalog, and does so again after the catalog was away', async () => {
  const made = await weir.call<CreateWebhookReply>('POST', '/v1/webhooks', {
    url: receiver.url,
    events: ['tenant.created'],
  });
  const tell = () => weir.call('POST', `/v1/webhooks/${made.webhook.id}/test`);
  await tell();
  await waitUntil(() => receiver.received.length === 1, { what: 'the webhook is told' });
  const before = await wokenCount();
  expect(before).toBeGreaterThan(0);

  await catalog.stop('immediate');
  await catalog.start();
  await waitUntil(
    async () => {
      await tell().catch(() => {});
      return (await wokenCount()) > before;
    },
    { what: 'the database carries wake-ups again' },
  );
  const count = receiver.received.length;
  await tell();
  await waitUntil(() => receiver.received.length > count, { what: 'the webhook is told again' });
  expect(weir.output()).not.toContain('jobs cannot be woken');
});
