// One control-api with its own catalog and shared state, and a database for tenants, for the tests of this folder.
import { join } from 'node:path';
import type { CreateTenantReply } from '@weir/api-contract';
import { type Catalog, openCatalog } from '@weir/catalog';
import { createRedisFleet, type EndpointLookUp, type Fleet, loadSealKeys } from '@weir/fleet';
import { fixedSealKeys } from '@weir/fleet/testing';
import {
  type ControlApi,
  type Postgres,
  type PostgresOptions,
  type Redis,
  startControlApi,
  startPostgres,
  startRedis,
  temporaryDirectory,
  waitUntil,
} from '@weir/harness';

export interface Bench {
  readonly api: ControlApi;
  /** Holds the catalog in database `postgres`, and the tenants' databases beside it. */
  readonly server: Postgres;
  readonly redis: Redis;
  readonly fleet: Fleet;
  readonly sealKeyFile: string;
  /** What a pooler would be told of an endpoint. */
  lookUp(endpointId: string): Promise<EndpointLookUp>;
  /** Waits until a pooler would be told this generation, or that it is deleted. Resolves to how long it took, in ms. */
  published(endpointId: string, generation: number | 'deleted'): Promise<number>;
  close(): Promise<void>;
}

export const upstreamPassword = 'p@ss wörd/1';

/** Starts everything; `shop` is a database of role `app`. */
export async function startBench(
  options: {
    readonly env?: Record<string, string | undefined>;
    readonly serverSettings?: PostgresOptions['settings'];
  } = {},
): Promise<Bench> {
  const directory = temporaryDirectory('control-api-bench');
  const sealKeyFile = join(directory.path, 'seal.key');
  const [server, redis] = await Promise.all([
    startPostgres({
      tls: true,
      maxConnections: 60,
      ...(options.serverSettings && { settings: options.serverSettings }),
    }),
    startRedis(),
  ]);
  await server.createRole('app', upstreamPassword);
  await server.sql('create database shop owner app');
  await server.sql('create database catalog');
  const catalogUrl = server.url.replace(/\/postgres$/, '/catalog');
  const api = await startControlApi({
    catalogUrl,
    redisUrl: redis.url,
    sealKeyFile,
    publicPort: 6432,
    ownListeners: '0.0.0.0:6432',
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const fleet = createRedisFleet({
    url: redis.url,
    sealKeys: fixedSealKeys(loadSealKeys(sealKeyFile)),
    processId: 'control-api-test',
  });
  const bench: Bench = {
    api,
    server,
    redis,
    fleet,
    sealKeyFile,
    lookUp: (endpointId) => fleet.directory.lookUp(endpointId),
    async published(endpointId, generation) {
      const started = performance.now();
      await waitUntil(
        async () => {
          const found = await bench.lookUp(endpointId);
          return generation === 'deleted'
            ? found.kind === 'deleted'
            : found.kind === 'found' && found.endpoint.generation >= generation;
        },
        { what: `${endpointId} is published at ${generation}`, intervalMs: 5 },
      );
      return performance.now() - started;
    },
    async close() {
      await fleet.close();
      await api.close();
      await redis.close();
      await server.close();
      directory.remove();
    },
  };
  return bench;
}

/** A body that creates a tenant on the bench's own server. */
export function tenantBody(server: Postgres, change: Record<string, unknown> = {}) {
  return {
    name: 'Shop',
    computeRamGb: 1,
    upstream: {
      host: server.host,
      port: server.port,
      database: 'shop',
      user: 'app',
      password: upstreamPassword,
      tlsMode: 'require',
      ...change,
    },
  };
}

export function createTenant(bench: Bench, change: Record<string, unknown> = {}): Promise<CreateTenantReply> {
  return bench.api.call<CreateTenantReply>('POST', '/v1/tenants', tenantBody(bench.server, change));
}

/** The catalog's own rows, as its administrator sees them. */
export function catalogUrlOf(server: Postgres): string {
  return server.url.replace(/\/postgres$/, '/catalog');
}

/** The catalog at `url`, opened as control-api would open it. */
export function openCatalogAt(url: string, sealKeyFile: string): Promise<Catalog> {
  return openCatalog({
    url,
    sealKeys: fixedSealKeys(loadSealKeys(sealKeyFile)),
    migrationsFolder: join(import.meta.dirname, '../../../packages/catalog/migrations'),
  });
}
