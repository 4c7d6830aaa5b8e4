// What control-api and its worker both stand on: the catalog, shared state and the job queue, opened in this order.
import { randomUUID } from 'node:crypto';
import { type Catalog, CellsError, openCatalog, settleCells } from '@weir/catalog';
import { createRedisFleet, type Fleet, reportSealKeys, SealKeyRing } from '@weir/fleet';
import type { Logger } from '@weir/telemetry';
import { ConfigError, type ControlApiConfig } from './config.ts';
import { createBullmqQueue } from './jobs/bullmq-queue.ts';
import type { JobQueue } from './jobs/job-queue.ts';
import { postgresWakeUps } from './jobs/postgres-wake-ups.ts';
import { redisWakeUps } from './jobs/redis-wake-ups.ts';

export interface SharedParts {
  readonly catalog: Catalog;
  readonly fleet: Fleet;
  readonly queue: JobQueue;
  readonly sealKeys: SealKeyRing;
}

/** What is to be ended, in the order in which it was started; the ends are called in the opposite one. */
export type Ends = (() => Promise<unknown>)[];

// A database that is started together with us takes a while.
const catalogWaitMs = 60_000;

/**
 * Opens everything and adds to `ends` how to close it; what was handed in stays open. Rejects with ConfigError,
 * SealKeyError, or the error of the catalog.
 */
export async function openSharedParts(
  config: ControlApiConfig,
  given: { readonly name: 'control-api' | 'worker'; readonly fleet: Fleet | undefined; readonly log: Logger },
  ends: Ends,
): Promise<SharedParts> {
  const { redisUrl } = config;
  const { log } = given;
  const processId = `${given.name}-${randomUUID()}`;
  if (redisUrl === null) {
    if (given.fleet === undefined) {
      throw new ConfigError('WEIR_REDIS_URL is missing: redis:// URL of the shared state');
    }
    if (config.jobs === 'elsewhere') {
      throw new ConfigError('WEIR_JOBS: without Redis no other process can do the jobs; leave it out');
    }
  }
  const sealKeys = new SealKeyRing({ file: config.sealKeyFile, log });
  ends.push(async () => sealKeys.close());
  const catalog = await openCatalogPatiently(config.catalogUrl, sealKeys, log);
  ends.push(() => catalog.close());
  await settleCells(catalog, config.cells).catch((error) => {
    throw error instanceof CellsError ? new ConfigError(`WEIR_CELLS: ${error.message}`) : error;
  });
  const fleet = given.fleet ?? createRedisFleet({ url: redisUrl!, sealKeys, processId });
  if (given.fleet === undefined) ends.push(() => fleet.close());
  const store =
    redisUrl === null
      ? postgresWakeUps({ url: config.catalogUrl, log })
      : redisWakeUps({ url: redisUrl, processId });
  const queue = createBullmqQueue({ store, log });
  ends.push(() => queue.close());
  ends.push(reportSealKeys(fleet, sealKeys, { processId, process: given.name }));
  sealKeys.onChange(() => queue.wake('seal-again'));
  return { catalog, fleet, queue, sealKeys };
}

async function openCatalogPatiently(url: string, sealKeys: SealKeyRing, log: Logger): Promise<Catalog> {
  const deadline = performance.now() + catalogWaitMs;
  for (let tries = 1; ; tries++) {
    try {
      return await openCatalog({
        url,
        sealKeys,
        onConnectionError: (error) => log.warn({ err: error }, 'an idle connection to the catalog broke'),
      });
    } catch (error) {
      const code = String((error as { code?: unknown }).code);
      const mayCome = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', '57P03'].includes(code);
      if (!mayCome || performance.now() > deadline) throw error;
      if (tries === 1) log.warn({ code }, 'the catalog database does not answer yet, waiting up to 60 s');
      await new Promise((done) => setTimeout(done, 250));
    }
  }
}
