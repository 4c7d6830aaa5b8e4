// Joins the parts of one pooler process: the only place where they are made and meet.
import { createHmac } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import {
  createRedisFleet,
  EndpointSnapshot,
  type Fleet,
  reportSealKeys,
  SealKeyRing,
  withSnapshot,
} from '@weir/fleet';
import {
  AddressRanges,
  type Connection,
  chooseTransport,
  type Listener,
  listen,
  loadServerCertificates,
} from '@weir/net';
import { loadSqlParser, sqlParserFailed } from '@weir/pooling';
import {
  type AdminListener,
  createLogger,
  createMetrics,
  type Logger,
  type MetricValues,
  serveAdmin,
} from '@weir/telemetry';
import { activityOf, collectCounters, connectionsOf, standingsOf } from './admin/counters.ts';
import { UsageMeter } from './admin/usage-meter.ts';
import { CancelKeys } from './cancel/cancel-keys.ts';
import { SourceRate } from './cancel/source-rate.ts';
import { ClientCounts } from './client/admit.ts';
import { ConnectRate } from './client/connect-rate.ts';
import { type ClientDeps, handleClient } from './client/handle-client.ts';
import { LoginGate } from './client/login-gate.ts';
import { LoginTurns } from './client/login-turns.ts';
import type { NegotiatedClient } from './client/negotiate.ts';
import { SourceBans } from './client/source-bans.ts';
import { follow } from './client/steps.ts';
import type { ListenAddress, PoolerConfig } from './config.ts';
import type { DirectPair } from './direct/relay.ts';
import { drain } from './drain.ts';
import { LeaseKeeper } from './leases/lease-keeper.ts';
import { lookerOf, SilentHolders } from './leases/silent-holders.ts';
import { PoolRegistry } from './pools/pool-registry.ts';
import { PoolRunner } from './pools/pool-runner.ts';
import { WordCounts } from './pools/served-endpoint.ts';
import { RoleSecrets } from './server/auth-query.ts';
import { ServiceConnections } from './server/service-connections.ts';
import { TenantCache } from './tenants/tenant-cache.ts';

const reportEachMs = 1_000;
// A process that dies loses what it counted since the last of these.
const reportsPerUsageReport = 5;
const authQueryTimeoutMs = 5_000;
// Drivers give up after 5 s at the earliest, most of them later.
const connectWaitMsMax = 5_000;

/** A running pooler. */
export interface RunningPooler {
  /** Addresses that clients connect to. */
  readonly listen: readonly ListenAddress[];
  readonly admin: ListenAddress | null;
  /** What it has counted, for whoever shows it beside that of other processes. */
  metrics(): Promise<readonly MetricValues[]>;
  /** Other processes have ended, as one says who waited for it. */
  processesEnded(processIds: readonly string[]): void;
  /** Drains and ends. */
  close(): Promise<void>;
}

/** What may be handed in, for one process that holds control plane and pooler. */
export interface PoolerParts {
  readonly fleet?: Fleet;
  readonly log?: Logger;
}

/**
 * Starts a pooler. Rejects with ListenError, TransportError, AdminListenError, TlsError, SealKeyError or ConfigError.
 */
export async function startPooler(config: PoolerConfig, parts: PoolerParts = {}): Promise<RunningPooler> {
  const { processId } = config;
  const log = parts.log ?? createLogger({ name: 'pooler', level: config.logLevel });
  log.info({ process: processId, ...chooseTransport(config.transport) }, 'transport chosen');
  await loadSqlParser();
  const now = (): number => performance.now();
  const sealKeys = new SealKeyRing({ file: config.sealKeyFile, log });
  const fleet = parts.fleet ?? redisFleet(config, sealKeys);
  const snapshot = await snapshotOf(config, sealKeys, log);
  const directory = snapshot === null ? fleet.directory : withSnapshot(fleet.directory, snapshot);
  const certificates = config.certificates.length > 0 ? loadServerCertificates(config.certificates) : null;

  const clientListeners: Listener[] = [];
  const policy = {
    allowLoopback: config.allowLoopback,
    allowPrivate: config.allowPrivate,
    denied: [] as { address: string; port: number }[],
  };
  const service = new ServiceConnections({ policy, timeoutMs: authQueryTimeoutMs });
  const roleSecrets = new RoleSecrets({ service, now });
  const leases = new LeaseKeeper({
    store: fleet.leases,
    processId,
    now,
    log,
    changed: (upstream) => runner.leaseChanged(upstream),
    lookForSilent: (lease) => silentHolders.lookFor(lease),
  });
  const runner: PoolRunner = new PoolRunner({
    policy,
    leases,
    serverConnectTimeoutMs: config.serverConnectTimeoutMs,
    now,
    log,
    distrust: (served, role) => roleSecrets.distrust(served.endpoint, role),
    readAgain: (served) => tenants.readAgain(served.endpoint.endpointId),
  });
  const directPairs = new Set<DirectPair>();
  const loggingIn = new Set<NegotiatedClient>();
  const registry = new PoolRegistry(runner, { processId, leases, directPairs, now });
  const silentHolders = new SilentHolders({
    store: fleet.leases,
    look: (upstream) => lookerOf(registry.endpointsOf(upstream), service),
    rolesOf: (upstream) => registry.rolesOf(upstream),
    now,
    log,
  });
  const tenants = new TenantCache({ directory, now });
  const stopListening = tenants.onChange((change) => {
    if (change.kind === 'deleted') roleSecrets.forget(change.endpointId);
    else roleSecrets.changed(change.previous, change.endpoint);
    registry.apply(change);
  });
  const errorsBeforeEndpoint = new WordCounts();
  const cancelCounts = new WordCounts();
  const cancelKeys = new CancelKeys(fleet.cancels);
  const sourceBans = new SourceBans({ store: fleet.bans, failuresMax: config.loginFailuresMax, now });
  let delayedBeforeEndpoint = 0;
  const connectRate = new ConnectRate({
    store: fleet.connects,
    rule: { perSecond: config.connectsPerSecond, burst: config.connectBurst },
    waitMsMax: Math.min(connectWaitMsMax, config.loginTimeoutMs / 2),
    now,
    delayed(endpointId) {
      const served = registry.served.get(endpointId);
      if (served === undefined) delayedBeforeEndpoint++;
      else served.connectsDelayed++;
    },
  });
  const deps: ClientDeps = {
    certificates,
    domains: config.domains,
    loginTimeoutMs: config.loginTimeoutMs,
    serverConnectTimeoutMs: config.serverConnectTimeoutMs,
    tenants,
    clientCounts: new ClientCounts(),
    roleSecrets,
    // Salts for roles that don't exist at endpoints whose record has no secret for them: the same on all poolers that share the seal keys.
    mockSecret: createHmac('sha256', sealKeys.keys[0]!.secret).update('weir mock salts').digest(),
    registry,
    runner,
    leases,
    cancelKeys,
    sourceBans,
    gate: new LoginGate({ rate: connectRate, turns: new LoginTurns(), bans: sourceBans, now }),
    cancelRate: new SourceRate({ perSecond: config.cancelsPerSecond, now }),
    cancelCounts,
    loggingIn,
    directPairs,
    policy,
    log,
    now,
    wallNow: Date.now,
    countError(endpointId, code) {
      const served = endpointId === null ? undefined : registry.served.get(endpointId);
      (served?.errors ?? errorsBeforeEndpoint).add(code);
    },
  };

  let draining = false;
  let arriving = 0;
  const arrived = (): void => {
    arriving--;
  };
  const proxies = new AddressRanges(config.proxies);
  const accept = (pooledOnly: boolean, proxy?: boolean) => {
    const rules = { pooledOnly, proxies: proxy === true ? proxies : null };
    return (connection: Connection) => {
      arriving++;
      follow(handleClient(connection, rules, deps), arrived, arrived);
    };
  };
  const metrics = createMetrics({
    collect: () =>
      collectCounters(registry, runner, leases, {
        errors: errorsBeforeEndpoint,
        cancels: cancelCounts,
        knownEndpoints: tenants.size,
        connectsDelayed: delayedBeforeEndpoint,
      }),
  });
  let admin: AdminListener | null = null;
  try {
    const onAcceptError = (error: Error): void => log.error(error, 'a client could not be accepted');
    for (const address of listenersOf(config, 'listen'))
      clientListeners.push(await listen({ ...address, onAcceptError }, accept(false, address.proxy)));
    for (const address of listenersOf(config, 'pooled'))
      clientListeners.push(await listen({ ...address, onAcceptError }, accept(true, address.proxy)));
    // Weir must not become its own upstream.
    for (const { host, port } of clientListeners) policy.denied.push({ address: host, port });
    if (config.adminListen !== null) {
      admin = await serveAdmin({
        ...config.adminListen,
        health: () => ({ ok: true, detail: { process: processId } }),
        ready: () => ({
          ok: !draining,
          detail: { draining, sharedState: fleet.healthy() ? 'reachable' : 'away', kind: fleet.kind },
        }),
        metrics: () => metrics.text(),
        onError: (error) => log.error(error, 'admin request failed'),
      });
    }
  } catch (error) {
    for (const listener of clientListeners) await listener.close();
    await leases.close();
    cancelKeys.close();
    connectRate.close();
    sourceBans.close();
    registry.close();
    tenants.close();
    sealKeys.close();
    await snapshot?.close();
    if (parts.fleet === undefined) await fleet.close();
    throw error;
  }

  const startedAt = new Date().toISOString();
  const meter = new UsageMeter();
  const report = async (): Promise<void> => {
    const standings = standingsOf(registry, runner);
    meter.look(now(), connectionsOf(standings));
    const endpoints = activityOf(standings, deps.clientCounts, {
      ms: now(),
      originMs: performance.timeOrigin,
    });
    // A report that did not arrive is made up for by the next; the fleet's health is told elsewhere.
    await fleet.registry.report({ processId, startedAt, endpoints }).catch(() => {});
  };
  await report();
  const leaveSealKeys = reportSealKeys(fleet, sealKeys, { processId, process: 'pooler' });
  const reportUsage = async (): Promise<void> => {
    const reportedAt = new Date().toISOString();
    const endpoints = meter.counters(performance.timeOrigin);
    await fleet.usage.report({ processId, startedAt, reportedAt, endpoints }).catch(() => {});
  };
  let reportsMade = 0;
  let parserFailed = false;
  const reports = setInterval(() => {
    void report();
    if (++reportsMade % reportsPerUsageReport === 0) void reportUsage();
    if (!sqlParserFailed() || parserFailed) return;
    parserFailed = true;
    log.error(
      { process: processId },
      'the SQL parser failed: until a restart every statement that hints at session state pins',
    );
  }, reportEachMs);

  const addresses = clientListeners.map(({ host, port }) => ({ host, port }));
  const adminAddress = admin === null ? null : { host: admin.host, port: admin.port };
  const facts = { process: processId, listen: addresses, admin: adminAddress, fleet: fleet.kind };
  // Whoever waits for the whole of it waits for the supervisor's word.
  log.info(facts, config.inherited.length > 0 ? 'serving' : 'ready');
  return {
    listen: addresses,
    admin: adminAddress,
    metrics: () => metrics.values(),
    processesEnded(processIds) {
      for (const ended of processIds) {
        leases.processEnded(ended);
        // Nor is anybody to wait for its report.
        fleet.registry.leave(ended).catch(() => {});
      }
    },
    async close() {
      draining = true;
      clearInterval(reports);
      // A balancer stops sending when readiness is off; who comes before it noticed is still served until then.
      await wait(config.balancerWaitMs);
      for (const listener of clientListeners) await listener.close();
      await drain({ runner, directPairs, loggingIn, arriving: () => arriving, now }, config.drainTimeoutMs);
      meter.look(now(), connectionsOf(standingsOf(registry, runner)));
      await reportUsage();
      cancelKeys.close();
      stopListening();
      await registry.closeServers();
      await leases.close();
      connectRate.close();
      sourceBans.close();
      registry.close();
      tenants.close();
      service.close();
      sealKeys.close();
      await snapshot?.close();
      await leaveSealKeys();
      await fleet.registry.leave(processId).catch(() => {});
      if (parts.fleet === undefined) await fleet.close();
      await admin?.close();
      log.info({ process: processId }, 'ended');
    },
  };
}

/** Where to listen: on what the process was started with, else on addresses of its own. */
function listenersOf(config: PoolerConfig, use: 'listen' | 'pooled') {
  const inherited = config.inherited.filter((socket) => socket.use === use);
  if (inherited.length > 0) return inherited.map(({ fd, ...address }) => ({ ...address, inherited: fd }));
  return use === 'listen' ? config.listen : config.pooledListen;
}

function redisFleet(config: PoolerConfig, sealKeys: SealKeyRing): Fleet {
  if (config.redisUrl === null) {
    throw new Error(
      'WEIR_REDIS_URL is not set: without it control-api and the pooler must run in one process',
    );
  }
  return createRedisFleet({ url: config.redisUrl, sealKeys, processId: config.processId });
}

/** What was known of endpoints when the process last ran, for a start while Redis is away; null if nobody wants it. */
async function snapshotOf(
  config: PoolerConfig,
  sealKeys: SealKeyRing,
  log: Logger,
): Promise<EndpointSnapshot | null> {
  if (config.snapshotFile === null) return null;
  const snapshot = new EndpointSnapshot({
    file: config.snapshotFile,
    sealKeys,
    onError: (error) => log.warn(error, 'endpoint snapshot cannot be used'),
  });
  await snapshot.load();
  const sealAgain = () => void snapshot.sealAgain();
  sealKeys.onChange(sealAgain);
  // The keys may have changed while no process ran.
  sealAgain();
  return snapshot;
}
