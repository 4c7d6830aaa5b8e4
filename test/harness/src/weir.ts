// The whole of Weir for one test: Postgres, Redis, control-api, a pooler, and one tenant made over the REST API.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateTenantInput, CreateTenantReply } from '@weir/api-contract';
import { freePort } from '@weir/local-servers';
import { connectionString, endpointOptionString, hostOf } from '@weir/tenancy';
import pg from 'pg';
import { type ControlApi, startControlApi } from './control-api.ts';
import { type Pooler, type PoolerOptions, startPooler, testCertificates } from './pooler.ts';
import { type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';
import { type Redis, startRedis } from './redis.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitUntil } from './wait-until.ts';

export interface WeirOptions {
  /** The tenant's Postgres: options for one, or one that runs already and is left running. */
  readonly postgres?: PostgresOptions | Postgres;
  /** A Redis that runs already and is left running, for tests that do things to it. */
  readonly redis?: Redis;
  /** The tenant's server-connection budget (20). */
  readonly budget?: number;
  readonly settings?: CreateTenantInput['settings'];
  /** How Weir speaks TLS to the tenant's Postgres: `verify-full` where that has TLS, else `disable`. */
  readonly tlsMode?: 'disable' | 'require' | 'verify-ca' | 'verify-full';
  /** How many pooler processes (1). They share the budget by leases. */
  readonly poolers?: number;
  /** What runs each of them, and what it is told besides `poolerEnv`, in order. */
  readonly eachPooler?: readonly Pick<PoolerOptions, 'runtime' | 'env'>[];
  /** Also listen on a port where everything is pooled. */
  readonly pooledPort?: boolean;
  readonly poolerEnv?: Record<string, string | undefined>;
  readonly controlApiEnv?: Record<string, string | undefined>;
  /** Role that clients use by default, a plain one; made with password `app-pw`. */
  readonly role?: string;
}

export interface UrlOptions {
  readonly role?: string;
  readonly password?: string;
  readonly database?: string;
  /** `verify-full` with the test's own authority by default. */
  readonly sslmode?: 'disable' | 'require' | 'verify-full';
  /** `options` (localhost, the default) needs no DNS and no SNI; `host` names the endpoint's own host. */
  readonly by?: 'options' | 'host';
  /** Which pooler, from 0. */
  readonly pooler?: number;
  readonly params?: Record<string, string>;
}

/** Everything that a test of the product needs. */
export interface Weir {
  readonly postgres: Postgres;
  readonly redis: Redis;
  readonly controlApi: ControlApi;
  readonly pooler: Pooler;
  readonly poolers: readonly Pooler[];
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly domain: string;
  /** What control-api and all poolers read. */
  readonly sealKeyFile: string;
  readonly caFile: string;
  readonly caPem: string;
  readonly tenant: CreateTenantReply['tenant'];
  readonly endpoint: CreateTenantReply['endpoint'];
  readonly database: string;
  /** `ep-…-pooler.db.localhost` and `ep-….db.localhost`. */
  readonly hosts: { readonly pooled: string; readonly direct: string };
  pooledUrl(options?: string | UrlOptions): string;
  directUrl(options?: string | UrlOptions): string;
  /** A connected node-postgres client that found its endpoint by SNI. End it yourself, or leave it to `close`. */
  client(options?: UrlOptions & { direct?: boolean; config?: pg.ClientConfig }): Promise<pg.Client>;
  /** Makes a login role on the tenant's Postgres, whose password the URLs then know. */
  createRole(name: string, password?: string, attributes?: string): Promise<void>;
  /** What all processes wrote, for a test that wants to look. */
  logs(): string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const domain = 'db.localhost';
const database = 'app';

/** Starts everything. What was started is ended again when any part of it fails. */
export async function startWeir(options: WeirOptions = {}): Promise<Weir> {
  const started: (() => Promise<unknown> | unknown)[] = [];
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    started.push(() => part.close());
    return part;
  };
  const close = async () => {
    const errors: unknown[] = [];
    for (const end of started.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  };
  try {
    return await assemble(options, started, keep, close);
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

async function assemble(
  options: WeirOptions,
  started: (() => Promise<unknown> | unknown)[],
  keep: <T extends { close(): Promise<void> }>(part: T) => T,
  close: () => Promise<void>,
): Promise<Weir> {
  const directory = temporaryDirectory('weir');
  started.push(() => directory.remove());
  const [catalog, postgres, redis, certificates] = await Promise.all([
    startPostgres().then(keep),
    options.postgres !== undefined && 'sql' in options.postgres
      ? options.postgres
      : startPostgres(options.postgres).then(keep),
    options.redis ?? startRedis().then(keep),
    testCertificates(domain),
  ]);
  const role = options.role ?? 'app';
  const passwords = new Map<string, string>([[postgres.user, postgres.password]]);
  await postgres.createRole(role, 'app-pw');
  passwords.set(role, 'app-pw');
  await postgres.sql(`CREATE DATABASE ${database} OWNER ${role}`);
  await catalog.sql('CREATE DATABASE weir');

  const ports = new Set<number>();
  const claimPort = async () => {
    const port = await freePort(undefined, ports);
    ports.add(port);
    return port;
  };
  const count = options.poolers ?? 1;
  const poolerPorts = await Promise.all(Array.from({ length: count }, claimPort));
  const sealKeyFile = join(directory.path, 'seal.key');
  const controlApi = keep(
    await startControlApi({
      catalogUrl: catalog.url.replace(/\/postgres$/, '/weir'),
      redisUrl: redis.url,
      sealKeyFile,
      domain,
      publicPort: poolerPorts[0]!,
      ownListeners: poolerPorts.map((port) => `127.0.0.1:${port}`).join(','),
      ...(options.controlApiEnv && { env: options.controlApiEnv }),
    }),
  );
  const poolers = await Promise.all(
    poolerPorts.map(async (port, index) => {
      const { runtime, env } = options.eachPooler?.[index] ?? {};
      const settings: PoolerOptions = { redisUrl: redis.url, sealKeyFile, domain, port, certificates };
      return keep(
        await startPooler({
          ...settings,
          ...(runtime && { runtime }),
          ...(options.pooledPort && { pooledPort: await claimPort() }),
          env: { ...options.poolerEnv, ...env },
        }),
      );
    }),
  );
  started.push(() => endClients());

  const body: CreateTenantInput = {
    name: 'harness',
    upstream: {
      host: postgres.host,
      port: postgres.port,
      database,
      user: postgres.user,
      password: postgres.password,
      tlsMode: options.tlsMode ?? (postgres.caFile === null ? 'disable' : 'verify-full'),
      ...(postgres.caFile !== null && { caPem: readFileSync(postgres.caFile, 'utf8') }),
    },
    computeRamGb: 64,
    // With so much memory the cap alone decides.
    sizing: { cap: options.budget ?? 20, reserve: 0 },
    ...(options.settings && { settings: options.settings }),
  };
  const { tenant, endpoint } = await controlApi.call<CreateTenantReply>('POST', '/v1/tenants', body);
  const hosts = { pooled: hostOf(endpoint.id, true, domain), direct: hostOf(endpoint.id, false, domain) };

  const url = (pooled: boolean, wanted: string | UrlOptions = {}): string => {
    const choice = typeof wanted === 'string' ? { role: wanted } : wanted;
    const name = choice.role ?? role;
    const sslmode = choice.sslmode ?? 'verify-full';
    const parts = {
      role: name,
      password: choice.password ?? passwords.get(name) ?? null,
      port: poolers[choice.pooler ?? 0]!.port,
      database: choice.database ?? database,
      params: {
        sslmode,
        ...(sslmode === 'verify-full' && { sslrootcert: certificates.caFile }),
        ...choice.params,
      },
    };
    return choice.by === 'host'
      ? connectionString({ ...parts, host: pooled ? hosts.pooled : hosts.direct })
      : endpointOptionString({ ...parts, endpointId: endpoint.id, pooled });
  };
  const clients = new Set<pg.Client>();
  const endClients = async () => {
    await Promise.all([...clients].map((client) => client.end().catch(() => {})));
  };

  const weir: Weir = {
    postgres,
    redis,
    controlApi,
    pooler: poolers[0]!,
    poolers,
    apiUrl: controlApi.url,
    apiKey: controlApi.apiKey,
    domain,
    sealKeyFile,
    caFile: certificates.caFile,
    caPem: certificates.caPem,
    tenant,
    endpoint,
    database,
    hosts,
    pooledUrl: (wanted) => url(true, wanted),
    directUrl: (wanted) => url(false, wanted),
    async client(wanted = {}) {
      const name = wanted.role ?? role;
      const client = new pg.Client({
        host: '127.0.0.1',
        port: poolers[wanted.pooler ?? 0]!.port,
        user: name,
        password: wanted.password ?? passwords.get(name),
        database: wanted.database ?? database,
        ssl:
          wanted.sslmode === 'disable'
            ? false
            : { ca: certificates.caPem, servername: wanted.direct ? hosts.direct : hosts.pooled },
        ...(wanted.sslmode === 'disable' && {
          options: `endpoint=${endpoint.id}${wanted.direct ? '' : '-pooler'}`,
        }),
        ...wanted.config,
      });
      // A test that stops a server under its clients looks at their queries, not at this event.
      client.on('error', () => {});
      await client.connect();
      clients.add(client);
      client.once('end', () => clients.delete(client));
      return client;
    },
    async createRole(name, password = name, attributes) {
      passwords.set(name, await postgres.createRole(name, password, attributes));
    },
    logs: () => [controlApi, ...poolers].map((part) => part.output()).join('\n') + postgres.log(),
    close,
    [Symbol.asyncDispose]: close,
  };
  await waitUntil(
    async () => {
      const client = await weir.client();
      await client.end();
      return true;
    },
    { what: 'the new endpoint is known to the pooler', timeoutMs: 60_000, intervalMs: 100 },
  );
  return weir;
}
