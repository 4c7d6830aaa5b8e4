// What benchmarks of more than one tenant start from: a durable catalog, Redis, control-api and worker as processes, and a database for tenants.
import { join } from 'node:path';
import type { CreateTenantInput } from '@weir/api-contract';
import {
  type ControlApi,
  type Pooler,
  type Postgres,
  startControlApi,
  startPooler,
  startPostgres,
  startRedis,
  startWorker,
  temporaryDirectory,
} from '@weir/harness';

export interface ControlPlane {
  readonly api: ControlApi;
  /** The tenants' server. */
  readonly upstream: Postgres;
  /** Starts one more pooler, which knows nothing yet. */
  startPooler(env?: Record<string, string>): Promise<Pooler>;
  /** The body that makes a tenant of this name. */
  tenantBody(name: string): CreateTenantInput;
  readonly login: { readonly user: string; readonly password: string; readonly database: string };
  close(): Promise<void>;
}

/** Starts everything; what was started is ended again when a part fails. */
export async function startControlPlane(): Promise<ControlPlane> {
  const ends: (() => Promise<unknown> | unknown)[] = [];
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    ends.push(() => part.close());
    return part;
  };
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const directory = temporaryDirectory('bench-api');
    ends.push(() => directory.remove());
    // A create that the catalog would lose in a power cut is no create: its time must hold the wait for the disk.
    const durable = { fsync: true, synchronous_commit: true, full_page_writes: true };
    const catalog = keep(await startPostgres({ settings: { ...durable, shared_buffers: '128MB' } }));
    const upstream = keep(await startPostgres({ maxConnections: 200 }));
    const redis = keep(await startRedis());
    const login = { user: 'app', password: 'app-pw', database: 'app' };
    await upstream.createRole(login.user, login.password);
    await upstream.sql(`create database ${login.database} owner ${login.user}`);
    await catalog.sql('create database weir');
    const shared = {
      catalogUrl: catalog.url.replace(/\/postgres$/, '/weir'),
      redisUrl: redis.url,
      sealKeyFile: join(directory.path, 'seal.key'),
    };
    const api = keep(
      await startControlApi({
        ...shared,
        // The limit of requests is not what is measured.
        env: { WEIR_JOBS: 'elsewhere', WEIR_API_REQUESTS_PER_MINUTE: '100000000' },
      }),
    );
    keep(await startWorker(shared));
    return {
      api,
      upstream,
      login,
      startPooler: (env) => startPooler({ ...shared, ...(env && { env }) }),
      tenantBody: (name) => ({
        name,
        upstream: { host: upstream.host, port: upstream.port, tlsMode: 'disable', ...login },
        computeRamGb: 1,
      }),
      close,
    };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}
