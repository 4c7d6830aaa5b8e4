// Joins the parts of control-api, starts them in order and ends them in the opposite one.
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type Catalog, openCatalog } from '@weir/catalog';
import { createRedisFleet, type Fleet, loadSealKeys, type SealKey } from '@weir/fleet';
import { createLogger, createMetrics, type Logger } from '@weir/telemetry';
import { buildApp } from './build-app.ts';
import { startKeyUse } from './callers/key-use.ts';
import { ConfigError, type ControlApiConfig } from './config.ts';
import { handOverFirstKey } from './first-key.ts';
import { startPruning } from './pruning.ts';
import { startOutboxPublisher } from './publishing/outbox-publisher.ts';

/** A running control-api. */
export interface ControlApi {
  readonly address: { readonly host: string; readonly port: number };
  /** `http://<host>:<port>` */
  readonly url: string;
  /** Finishes requests and publications in hand. Shared state that was handed in stays open. */
  close(): Promise<void>;
}

export interface ControlApiParts {
  /** Shared state to use instead of Redis, for one that lives in the same process. */
  readonly fleet?: Fleet | undefined;
  readonly log?: Logger | undefined;
}

// A database that is started together with us takes a while.
const catalogWaitMs = 60_000;

/** Rejects with ConfigError, SealKeyError, or the error of the catalog or the listening socket. */
export async function startControlApi(
  config: ControlApiConfig,
  given: ControlApiParts = {},
): Promise<ControlApi> {
  const log = given.log ?? createLogger({ name: 'control-api', level: config.logLevel });
  const sealKeys = loadSealKeys(config.sealKeyFile);
  if (given.fleet === undefined && config.redisUrl === null) {
    throw new ConfigError('WEIR_REDIS_URL is missing: redis:// URL of the shared state');
  }
  const ends: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const catalog = await openCatalogPatiently(config.catalogUrl, sealKeys, log);
    ends.push(() => catalog.close());
    await handOverFirstKey(catalog, config.firstKeyFile, log);

    const fleet =
      given.fleet ??
      createRedisFleet({ url: config.redisUrl!, sealKeys, processId: `control-api-${randomUUID()}` });
    if (given.fleet === undefined) ends.push(() => fleet.close());

    const outboxPublisher = startOutboxPublisher({ catalog, publisher: fleet.publisher, log });
    ends.push(() => outboxPublisher.close());

    const pruning = startPruning({ catalog, log });
    ends.push(() => pruning.close());
    const keyUse = startKeyUse({ catalog, log });
    ends.push(() => keyUse.close());

    const app = await buildApp({ config, catalog, fleet, log, metrics: createMetrics(), keyUse });
    ends.push(() => app.close());
    await app.listen({ host: config.listen.host, port: config.listen.port });
    const { port } = app.server.address() as AddressInfo;
    const { host } = config.listen;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    log.info({ api: url }, 'ready');
    return { address: { host, port }, url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openCatalogPatiently(
  url: string,
  sealKeys: readonly SealKey[],
  log: Logger,
): Promise<Catalog> {
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
