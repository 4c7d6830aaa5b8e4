// Brings up a whole Weir on one machine, in order: databases, shared state, certificates, processes, the demo tenant.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EndpointReply } from '@weir/api-contract';
import { declareFreshLeases } from '@weir/fleet';
import {
  type DevCertificates,
  type EmbeddedPostgres,
  ensureDevCertificates,
  ensureSealKeyFile,
  findOrStartRedis,
  hasIpv6Loopback,
  type LocalRedis,
  type PoolerRuntime,
  poolerRuntimeOf,
  type RuntimeCommand,
  runtimeCommand,
  startEmbeddedPostgres,
} from '@weir/local-servers';
import { apiAt } from '../api/api.ts';
import { ApiProblem } from '../api/transport.ts';
import { CommandError } from '../command.ts';
import { ensureDatabase, fillDemoDatabase } from '../demo/demo-database.ts';
import { ensureDemoTenant } from '../demo/demo-tenant.ts';
import { type LocalPorts, newLocalState, readLocalState, writeLocalState } from '../local-state.ts';
import { distDirectory } from '../project.ts';
import { choosePorts } from './choose-ports.ts';
import type { Progress } from './progress.ts';
import type { Shutdown } from './shutdown.ts';
import { type AppStart, startApp, transportOf, troubleIn } from './start-app.ts';

export const localDomain = 'db.localhost';

export interface LocalWeirOptions {
  readonly directory: string;
  readonly asked: { readonly [Name in keyof LocalPorts]?: number | null };
  /** False: do as if there were no Redis. */
  readonly redis: boolean;
  /** How long the ports of the last start may take to become free. */
  readonly portPatienceMs: number;
}

/** All that the person needs to know of what runs. */
export interface LocalWeir {
  readonly ports: LocalPorts;
  readonly certificates: DevCertificates;
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly hasDashboard: boolean;
  readonly endpoint: EndpointReply;
  readonly demoPassword: string;
  readonly sharedState: 'redis' | 'memory';
}

/** Starts everything and tells `shutdown` how to end it. Rejects with CommandError or LocalServerError. */
export async function startLocalWeir(
  options: LocalWeirOptions,
  progress: Progress,
  shutdown: Shutdown,
): Promise<LocalWeir> {
  const { directory } = options;
  const remembered = readLocalState(directory) ?? newLocalState();
  const ports = await choosePorts(options.asked, remembered.ports, options.portPatienceMs, progress);
  let state = { ...remembered, ports };
  // Before anything is made with these passwords.
  writeLocalState(directory, state);
  const sealKeyFile = join(directory, 'seal.key');
  ensureSealKeyFile(sealKeyFile);
  const firstKeyFile = join(directory, 'api-key');

  const certificates = await ensureDevCertificates({
    dir: join(directory, 'certificates'),
    domain: localDomain,
  });
  const [catalog, demo, redis] = await Promise.all([
    progress.step('catalog', () => startCatalog(directory, state, shutdown), describePostgres),
    progress.step(
      'demo database',
      () => startDemoServer(directory, state, certificates, shutdown),
      describePostgres,
    ),
    progress.step(
      'shared state',
      () => startSharedState(options, progress, shutdown),
      (found) =>
        found?.description ??
        'in memory, as no Redis is to be had: control-api and one pooler share a process',
    ),
  ]);

  const dashboard = join(distDirectory, 'dashboard');
  const hasDashboard = existsSync(join(dashboard, 'index.html'));
  const listen = [`127.0.0.1:${ports.pooler}`, ...(hasIpv6Loopback() ? [`[::1]:${ports.pooler}`] : [])].join(
    ',',
  );
  const shared = {
    WEIR_REDIS_URL: redis?.url,
    WEIR_SEAL_KEY_FILE: sealKeyFile,
    // The demo's own database is on this machine.
    WEIR_EGRESS_ALLOW: 'loopback,private',
    WEIR_LOG_LEVEL: process.env.WEIR_LOG_LEVEL ?? 'info',
  };
  const controlApiEnv = {
    WEIR_API_LISTEN: `127.0.0.1:${ports.api}`,
    WEIR_CATALOG_URL: catalog.url.replace(/\/postgres$/, '/weir'),
    WEIR_DOMAIN: localDomain,
    WEIR_PUBLIC_PORT: String(ports.pooler),
    WEIR_FIRST_KEY_FILE: firstKeyFile,
    WEIR_DASHBOARD_DIR: hasDashboard ? dashboard : undefined,
    WEIR_OWN_LISTENERS: listen,
  };
  const poolerEnv = {
    WEIR_LISTEN: listen,
    WEIR_ADMIN_LISTEN: `127.0.0.1:${ports.admin}`,
    WEIR_DOMAINS: localDomain,
    WEIR_TLS: `${certificates.certFile}:${certificates.keyFile}`,
    WEIR_SNAPSHOT_FILE: join(directory, 'pooler.snapshot'),
  };
  const logDirectory = join(directory, 'logs');
  const app = async (
    name: string,
    args: readonly [string, ...string[]],
    env: Record<string, string | undefined>,
    { readyLines = 1, runtime }: Pick<AppStart, 'readyLines' | 'runtime'> = {},
  ) => {
    const child = await startApp({
      name,
      args,
      env: { ...shared, ...env },
      logDirectory,
      readyLines,
      ...(runtime && { runtime }),
    });
    // Longer than a pooler takes to let transactions finish (WEIR_DRAIN_TIMEOUT_MS, 10 s).
    shutdown.add(name, () => child.stop({ timeoutMs: 20_000 }));
    child.exited.then(() => shutdown.request(`${name} ended by itself:\n${troubleIn(child.output())}`));
    return child;
  };
  if (redis === null) {
    await progress.step(
      'weir',
      () => app('weir', ['cli.mjs', 'one-process'], { ...controlApiEnv, ...poolerEnv }, { readyLines: 2 }),
      transportOf,
    );
  } else {
    const runtime = choosePoolerRuntime(progress);
    // On Bun there is no way to share a listening socket.
    const processes =
      runtime.command === process.execPath ? (process.env.WEIR_PROCESSES ?? 'cores') : undefined;
    await Promise.all([
      progress.step('control-api', () => app('control-api', ['control-api.mjs'], controlApiEnv)),
      progress.step(
        'pooler',
        () => app('pooler', ['pooler.mjs'], { ...poolerEnv, WEIR_PROCESSES: processes }, { runtime }),
        transportOf,
      ),
    ]);
  }

  const apiUrl = `http://127.0.0.1:${ports.api}`;
  const apiKey = readApiKey(firstKeyFile, directory);
  const endpoint = await progress.step(
    'demo tenant',
    () =>
      patientDemoTenant(
        progress,
        apiAt(apiUrl, apiKey),
        {
          host: '127.0.0.1',
          port: demo.port,
          password: state.demoRolePassword,
          tlsMode: 'verify-full',
          caPem: certificates.caPem,
        },
        state.endpointId,
      ),
    (made) => `${made.id}, budget ${made.budget} server connections`,
  );
  state = { ...state, tenantId: endpoint.tenantId, endpointId: endpoint.id };
  writeLocalState(directory, state);
  return {
    ports,
    certificates,
    apiUrl,
    apiKey,
    hasDashboard,
    endpoint,
    demoPassword: state.demoRolePassword,
    sharedState: redis === null ? 'memory' : 'redis',
  };
}

/** What the person asked for by WEIR_POOLER_RUNTIME, and Node where that is not to be had. */
function choosePoolerRuntime(progress: Progress): RuntimeCommand {
  let asked: PoolerRuntime;
  try {
    asked = poolerRuntimeOf(process.env.WEIR_POOLER_RUNTIME);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
  const found = runtimeCommand(asked);
  if (found === null)
    progress.say('the pooler runs on Node: there is no bun, neither on PATH nor in WEIR_BUN');
  return found ?? runtimeCommand('node')!;
}

/** A machine that has just started everything may be too busy to answer the API's probe in its 10 s. */
async function patientDemoTenant(
  progress: Progress,
  ...given: Parameters<typeof ensureDemoTenant>
): Promise<EndpointReply> {
  for (let tries = 1; ; tries++) {
    try {
      return await ensureDemoTenant(...given);
    } catch (error) {
      if (!(error instanceof ApiProblem && error.slug === 'upstream-timeout') || tries === 5) throw error;
      progress.say('the demo database is slow to answer the API; asking again');
    }
  }
}

interface Passwords {
  readonly catalogPassword: string;
  readonly demoSuperuserPassword: string;
  readonly demoRolePassword: string;
  readonly ports: LocalPorts;
}

async function startCatalog(
  directory: string,
  state: Passwords,
  shutdown: Shutdown,
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    dataDir: join(directory, 'catalog'),
    port: state.ports.catalog,
    password: state.catalogPassword,
    options: { shared_buffers: '32MB', max_connections: 50 },
    endLeftover: true,
  });
  watch(server, 'the catalog', shutdown);
  await ensureDatabase(server.url, 'weir');
  return server;
}

async function startDemoServer(
  directory: string,
  state: Passwords,
  certificates: DevCertificates,
  shutdown: Shutdown,
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    dataDir: join(directory, 'demo'),
    port: state.ports.demo,
    password: state.demoSuperuserPassword,
    tls: certificates,
    options: { shared_buffers: '64MB', max_connections: 100 },
    endLeftover: true,
  });
  watch(server, "the demo tenant's Postgres", shutdown);
  await fillDemoDatabase(server.url, state.demoRolePassword);
  return server;
}

async function startSharedState(
  options: LocalWeirOptions,
  progress: Progress,
  shutdown: Shutdown,
): Promise<LocalRedis | null> {
  if (!options.redis) return null;
  const redis = await findOrStartRedis({ cacheDir: join(options.directory, 'cache'), say: progress.say });
  if (redis === null) return null;
  shutdown.add('Redis', redis.stop);
  // Started for nobody else: no lease of before can be in anybody's hands.
  if (redis.pid !== null) await declareFreshLeases(redis.url);
  redis.exited.then(() => shutdown.request('Redis ended by itself'));
  return redis;
}

function watch(server: EmbeddedPostgres, name: string, shutdown: Shutdown): void {
  shutdown.add(name, () => server.stop());
  server.exited.then(() =>
    shutdown.request(`${name} ended by itself:\n${server.log().trimEnd().split('\n').slice(-10).join('\n')}`),
  );
}

function describePostgres(server: EmbeddedPostgres): string {
  return `Postgres ${server.version} on port ${server.port}, data in ${server.dataDir}`;
}

function readApiKey(file: string, directory: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CommandError(`the API key that was in ${file} is gone`, {
      hint: `it is written once, when the catalog is made; to begin anew: rm -rf ${directory}`,
      cause,
    });
  }
}
