// Joins the parts of control-api and of its worker, starts them in order and ends them in the opposite one.
import type { AddressInfo } from 'node:net';
import { countDue, credentialsMax } from '@weir/catalog';
import type { Fleet } from '@weir/fleet';
import { createLogger, createMetrics, type Logger, type Metrics, serveAdmin } from '@weir/telemetry';
import { buildApp } from './build-app.ts';
import { startKeyUse } from './callers/key-use.ts';
import { type ControlApiConfig, egressPolicy, type ListenAddress } from './config.ts';
import { Turns } from './credentials/turns.ts';
import { makeDnsProvider } from './dns/make-provider.ts';
import { handOverFirstKey } from './first-key.ts';
import { allJobs } from './jobs/all-jobs.ts';
import { JobMeter } from './jobs/job-meter.ts';
import { jobSamples } from './jobs/job-samples.ts';
import { startWorker } from './jobs/start-worker.ts';
import { EventStreams } from './live/event-stream.ts';
import { createReportFeed } from './live/report-feed.ts';
import { type Ends, openSharedParts, type SharedParts } from './shared-parts.ts';
import { fetchIssuerKeys } from './trust/fetch-issuer-keys.ts';
import { IssuerKeys } from './trust/issuer-keys.ts';

/** A running control-api. */
export interface ControlApi {
  readonly address: { readonly host: string; readonly port: number };
  /** `http://<host>:<port>` */
  readonly url: string;
  /** Finishes requests and jobs in hand. Shared state that was handed in stays open. */
  close(): Promise<void>;
}

export interface ControlApiParts {
  /** Shared state to use instead of Redis, for one that lives in the same process. */
  readonly fleet?: Fleet | undefined;
  readonly log?: Logger | undefined;
}

/** Rejects with ConfigError, SealKeyError, or the error of the catalog or the listening socket. */
export async function startControlApi(
  config: ControlApiConfig,
  given: ControlApiParts = {},
): Promise<ControlApi> {
  const log = given.log ?? createLogger({ name: 'control-api', level: config.logLevel });
  return inOrder(async (ends, close) => {
    const shared = await openSharedParts(config, { name: 'control-api', fleet: given.fleet, log }, ends);
    const { catalog, fleet, queue } = shared;
    await handOverFirstKey(catalog, config.firstKeyFile, log);
    ends.push(async () => stopWaking());
    const stopWaking = catalog.onChange(() => {
      for (const kind of ['publish', 'deliver-webhooks'] as const) queue.wake(kind);
    });
    const meter = new JobMeter();
    if (config.jobs === 'here') work(shared, config, log, meter, ends);
    const keyUse = startKeyUse({ catalog, log });
    ends.push(() => keyUse.close());

    const live = { feed: createReportFeed(() => fleet.registry.all()), streams: new EventStreams() };
    const policy = egressPolicy(config);
    const now = () => performance.now();
    const issuerKeys = new IssuerKeys((issuer) => fetchIssuerKeys(issuer, policy), now);
    const metrics = jobMetrics(shared, config, meter);
    // More would not fit, however long they waited.
    const lending = new Turns(credentialsMax);
    const app = await buildApp({
      ...{ config, catalog, fleet, log, metrics, keyUse, live, issuerKeys, lending },
    });
    ends.push(() => app.close());
    // Before the app is closed, which waits for replies in hand, and these would go on.
    ends.push(async () => live.feed.close());
    await app.listen({ host: config.listen.host, port: config.listen.port });
    const { port } = app.server.address() as AddressInfo;
    const { host } = config.listen;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    log.info({ api: url }, 'ready');
    return { address: { host, port }, url, close };
  });
}

/** Starts a process that only does jobs; probes and metrics are on `admin`. Rejects as startControlApi does. */
export async function startJobWorker(
  config: ControlApiConfig,
  admin: ListenAddress,
): Promise<{ close(): Promise<void> }> {
  const log = createLogger({ name: 'worker', level: config.logLevel });
  return inOrder(async (ends, close) => {
    const shared = await openSharedParts(config, { name: 'worker', fleet: undefined, log }, ends);
    const { catalog, fleet } = shared;
    const meter = new JobMeter();
    work(shared, config, log, meter, ends);
    const metrics = jobMetrics(shared, config, meter);
    const listener = await serveAdmin({
      ...admin,
      health: () => ({ ok: true, detail: {} }),
      async ready() {
        const answers = await catalog.ping().then(
          () => true,
          () => false,
        );
        return { ok: answers, detail: { catalog: answers, sharedState: fleet.healthy() } };
      },
      metrics: () => metrics.text(),
      onError: (error) => log.error({ err: error }, 'a probe failed'),
    });
    ends.push(() => listener.close());
    log.info({ admin: `${listener.host}:${listener.port}` }, 'ready');
    return { close };
  });
}

function work(shared: SharedParts, config: ControlApiConfig, log: Logger, meter: JobMeter, ends: Ends): void {
  const dns = config.dns && {
    provider: makeDnsProvider(config.dns),
    targets: config.dns.targets,
    domain: config.domain,
  };
  const jobs = allJobs({ ...shared, config, log, dns });
  const worker = startWorker({ queue: shared.queue, jobs, log, meter });
  ends.push(() => worker.close());
}

function jobMetrics({ catalog }: SharedParts, { healthCheckMs }: ControlApiConfig, meter: JobMeter): Metrics {
  // Where no check is ever made, those that are due mean nothing.
  const checked = healthCheckMs === null ? [] : (['watch-health'] as const);
  const dueNow = () => countDue(catalog, ['publish', 'deliver-webhooks', ...checked]);
  return createMetrics({ jobs: jobSamples({ meter, countDue: dueNow, nowMs: () => performance.now() }) });
}

/** Runs `start`; what it had started is ended if it fails, and by the `close` it is given. */
async function inOrder<T>(start: (ends: Ends, close: () => Promise<void>) => Promise<T>): Promise<T> {
  const ends: Ends = [];
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    return await start(ends, close);
  } catch (error) {
    await close();
    throw error;
  }
}
