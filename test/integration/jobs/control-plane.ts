// A control plane whose every part can be killed and brought back by itself: catalog, Redis, control-api, worker.
import { join } from 'node:path';
import type { CreateTenantReply } from '@weir/api-contract';
import { createRedisFleet, type Fleet, SealKeyRing } from '@weir/fleet';
import {
  type ControlApi,
  type Postgres,
  startControlApi,
  startPostgres,
  startWorker,
  temporaryDirectory,
  type WeirProcess,
} from '@weir/harness';
import { findRedisProgram, freePort, type ServerProcess } from '@weir/local-servers';
import { PrivateRedis } from '../fleet/private-redis.ts';

/** A part that a test may kill and start again, on the same port. */
export interface Part {
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface ControlPlane {
  readonly catalog: Postgres;
  readonly redis: PrivateRedis;
  /** A tenant's own server, which nobody kills; `app` owns database `shop`. */
  readonly upstream: Postgres;
  /** As a pooler would see what is published. */
  readonly fleet: Fleet;
  readonly sealKeyFile: string;
  /** Of the control-api that runs now; the key and the address stay. */
  readonly api: ControlApi;
  /** The one that runs now, or ran last. */
  readonly worker: WeirProcess;
  readonly parts: Readonly<Record<'control-api' | 'worker' | 'Redis' | 'catalog', Part>>;
  close(): Promise<void>;
}

const upstreamPassword = 'app-pw';

/** Starts everything. `poolerPort`: what connection strings name. */
export async function startControlPlane(
  options: { readonly poolerPort?: number; readonly env?: Record<string, string | undefined> } = {},
): Promise<ControlPlane> {
  const directory = temporaryDirectory('control-plane');
  const sealKeyFile = join(directory.path, 'seal.key');
  const program = await findRedisProgram(process.env.WEIR_TEST_CACHE_DIR!);
  const [catalog, upstream, redis, port] = await Promise.all([
    // What it acknowledged must outlive its own death, as in production.
    startPostgres({ settings: { fsync: true, synchronous_commit: true, full_page_writes: true } }),
    startPostgres({ maxConnections: 60 }),
    PrivateRedis.start(program),
    freePort(),
  ]);
  await catalog.sql('create database weir');
  await upstream.createRole('app', upstreamPassword);
  await upstream.sql('create database shop owner app');
  const shared = {
    catalogUrl: catalog.url.replace(/\/postgres$/, '/weir'),
    redisUrl: redis.url,
    sealKeyFile,
  };
  const openApi = () =>
    startControlApi({
      ...shared,
      port,
      ...(options.poolerPort === undefined ? {} : { publicPort: options.poolerPort }),
      env: {
        WEIR_JOBS: 'elsewhere',
        WEIR_FIRST_KEY_FILE: join(directory.path, 'first-key'),
        ...options.env,
      },
    });
  let api = await openApi();
  let worker = await startWorker({ ...shared, ...(options.env === undefined ? {} : { env: options.env }) });
  const sealKeys = new SealKeyRing({ file: sealKeyFile, log: { info() {}, error() {} } });
  const fleet = createRedisFleet({
    url: redis.url,
    sealKeys,
    processId: 'test',
  });
  return {
    catalog,
    redis,
    upstream,
    fleet,
    sealKeyFile,
    get api() {
      return api;
    },
    parts: {
      'control-api': {
        kill: () => killed(api.process),
        start: async () => {
          api = await openApi();
        },
      },
      worker: {
        kill: () => killed(worker.process),
        start: async () => {
          worker = await startWorker({
            ...shared,
            ...(options.env === undefined ? {} : { env: options.env }),
          });
        },
      },
      Redis: { kill: () => redis.kill(), start: () => redis.start() },
      catalog: { kill: () => catalog.stop('immediate'), start: () => catalog.start() },
    },
    get worker() {
      return worker;
    },
    async close() {
      sealKeys.close();
      await fleet.close();
      await worker.close();
      await api.close();
      await redis.kill();
      await Promise.all([catalog.close(), upstream.close()]);
      directory.remove();
    },
  };
}

/** A body that creates a tenant on the upstream. */
export function tenantBody({ upstream }: ControlPlane, name = 'Shop') {
  return {
    name,
    computeRamGb: 1,
    upstream: {
      host: upstream.host,
      port: upstream.port,
      database: 'shop',
      user: 'app',
      password: upstreamPassword,
      tlsMode: 'disable',
    },
  };
}

export function createTenant(plane: ControlPlane, name?: string): Promise<CreateTenantReply> {
  return plane.api.call<CreateTenantReply>('POST', '/v1/tenants', tenantBody(plane, name));
}

/** The generation a pooler would be told, `deleted`, or null while it would be told nothing. */
export async function publishedState(
  { fleet }: Pick<ControlPlane, 'fleet'>,
  endpointId: string,
): Promise<number | 'deleted' | null> {
  const found = await fleet.directory.lookUp(endpointId).catch(() => null);
  if (found?.kind === 'deleted') return 'deleted';
  return found?.kind === 'found' ? found.endpoint.generation : null;
}

async function killed(child: ServerProcess): Promise<void> {
  process.kill(child.pid, 'SIGKILL');
  await child.exited;
}
