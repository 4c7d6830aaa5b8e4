// The job queue over a real Redis keeps the contract between two processes' ends of it.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrStartRedis, type LocalRedis } from '@weir/local-servers';
import { createLogger } from '@weir/telemetry';
import { afterAll, beforeAll } from 'vitest';
import { createBullmqQueue } from './bullmq-queue.ts';
import { redisWakeUps } from './redis-wake-ups.ts';
import { describeQueueContract } from './testing/queue-contract-suite.ts';

let directory: string;
let redis: LocalRedis | null = null;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-jobs-'));
  redis = await findOrStartRedis({ cacheDir: directory, origins: ['program', 'fetched'], say: () => {} });
  if (redis === null) throw new Error('no Redis is to be had: install redis-server or valkey-server');
});
afterAll(async () => {
  await redis?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describeQueueContract('over Redis', async () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const shared = { url: redis!.url, keyPrefix: `test-${randomUUID()}` };
  const open = (processId: string) =>
    createBullmqQueue({ store: redisWakeUps({ ...shared, processId }), log });
  return {
    asking: open('control-api'),
    working: open('worker'),
  };
});
