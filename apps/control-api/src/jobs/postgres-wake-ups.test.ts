// The job queue over a real Postgres keeps the contract between two processes' ends of it, and outlives a database that goes away.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, freePort, startEmbeddedPostgres } from '@weir/local-servers';
import { createLogger } from '@weir/telemetry';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBullmqQueue } from './bullmq-queue.ts';
import type { JobKind } from './job-queue.ts';
import { postgresWakeUps } from './postgres-wake-ups.ts';
import { describeQueueContract } from './testing/queue-contract-suite.ts';

let directory: string;
let server: EmbeddedPostgres;
const start = (port: number) =>
  startEmbeddedPostgres({ dataDir: join(directory, 'data'), port, password: 'jobs-pw' });
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-jobs-'));
  server = await start(await freePort());
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const log = createLogger({ name: 'test', level: 'silent' });
const openAt = (url: string) => createBullmqQueue({ store: postgresWakeUps({ url, log }), log });

/** A database of its own: BullMQ's schema has one name. */
async function freshDatabase(): Promise<string> {
  const name = `jobs_${++databases}`;
  await ask(server.url, `create database ${name}`);
  return server.url.replace(/\/postgres$/, `/${name}`);
}
let databases = 0;

async function ask(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describeQueueContract('over Postgres', async () => {
  const url = await freshDatabase();
  return { asking: openAt(url), working: openAt(url) };
});

test('an address whose host stands behind the question mark, as for a Unix socket, is as good as any', async () => {
  const { pathname } = new URL(await freshDatabase());
  const queue = openAt(`postgresql://postgres:jobs-pw@${pathname}?host=127.0.0.1&port=${server.port}`);
  const ran: JobKind[] = [];
  const stop = queue.work(async (kind) => void ran.push(kind));
  queue.wake('prune');
  await expect.poll(() => ran, { timeout: 20_000 }).toEqual(['prune']);
  await stop();
  await queue.close();
});

test('a database that is away at first and is started again later delays wake-ups and loses no later one', async () => {
  const url = await freshDatabase();
  const { port } = server;
  await server.stop();
  const queue = openAt(url);
  const ran: JobKind[] = [];
  const stop = queue.work(async (kind) => void ran.push(kind));
  queue.wake('prune');
  server = await start(port);
  await expect.poll(() => ran, { timeout: 30_000 }).toEqual(['prune']);

  await server.stop('immediate');
  // Lost, as the contract says; it must not stand in the way of later ones.
  queue.wake('prune');
  server = await start(port);
  const woken = async () => {
    queue.wake('publish');
    return ran.includes('publish');
  };
  await expect.poll(woken, { timeout: 30_000, interval: 100 }).toBe(true);
  await stop();
  await queue.close();
}, 120_000);

test('what is done leaves nothing behind but a bounded list of what became of it', async () => {
  const url = await freshDatabase();
  const queue = openAt(url);
  let runs = 0;
  const stop = queue.work(async () => void runs++);
  for (let round = 1; round <= 200; round++) {
    queue.wake('publish');
    await expect.poll(() => runs, { timeout: 10_000, interval: 1 }).toBeGreaterThanOrEqual(round);
  }
  await stop();
  await queue.close();
  const [left] = await ask(url, 'select count(*)::int as jobs from bullmq.job');
  const [events] = await ask(url, 'select count(*)::int as events from bullmq.event');
  expect(left).toEqual({ jobs: 0 });
  expect(events!.events).toBeLessThan(300);
}, 60_000);

test('a queue whose database never answers is closed all the same, and at once', async () => {
  const queue = openAt(`postgresql://nobody:x@127.0.0.1:${await freePort()}/nothing`);
  const stop = queue.work(async () => {});
  queue.wake('publish');
  const asked = performance.now();
  await stop();
  await queue.close();
  expect(performance.now() - asked).toBeLessThan(2_000);
});
