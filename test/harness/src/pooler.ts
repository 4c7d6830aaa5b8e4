// One pooler of a test.
import { join } from 'node:path';
import {
  type DevCertificates,
  ensureDevCertificates,
  ensureSealKeyFile,
  freePort,
  type PoolerRuntime,
  poolerRuntimeOf,
} from '@weir/local-servers';
import { runDirectory, temporaryDirectory } from './temporary-directory.ts';
import { startWeirProcess, type WeirProcess } from './weir-process.ts';

export interface PoolerOptions {
  readonly redisUrl: string;
  readonly sealKeyFile: string;
  readonly domain?: string;
  /** Of the listener for both kinds of host; any free one by default. */
  readonly port?: number;
  /** Of a second listener on which everything is pooled. */
  readonly pooledPort?: number;
  readonly certificates?: DevCertificates;
  /** What runs it: by default what WEIR_POOLER_RUNTIME names, else Node. */
  readonly runtime?: PoolerRuntime;
  /** More environment, or undefined to take a variable away. */
  readonly env?: Record<string, string | undefined>;
}

export interface Pooler extends WeirProcess {
  readonly port: number;
  readonly pooledPort: number | null;
  /** `http://127.0.0.1:<port>` with /healthz, /readyz and /metrics. */
  readonly adminUrl: string;
  readonly caFile: string;
  /** The Prometheus text, now. */
  metrics(): Promise<string>;
}

/** The certificate that test poolers show, made once a run. */
export function testCertificates(domain: string): Promise<DevCertificates> {
  return ensureDevCertificates({ dir: join(runDirectory(), `certificates-${domain}`), domain });
}

/** Starts a pooler on free ports. */
export async function startPooler(options: PoolerOptions): Promise<Pooler> {
  const domain = options.domain ?? 'db.localhost';
  const directory = temporaryDirectory('pooler');
  const certificates = options.certificates ?? (await testCertificates(domain));
  const port = options.port ?? (await freePort());
  const adminPort = await freePort(undefined, new Set([port]));
  ensureSealKeyFile(options.sealKeyFile);
  const environment = {
    WEIR_LISTEN: `127.0.0.1:${port}`,
    WEIR_POOLED_LISTEN: options.pooledPort === undefined ? undefined : `127.0.0.1:${options.pooledPort}`,
    WEIR_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
    WEIR_DOMAINS: domain,
    WEIR_TLS: `${certificates.certFile}:${certificates.keyFile}`,
    WEIR_REDIS_URL: options.redisUrl,
    WEIR_SEAL_KEY_FILE: options.sealKeyFile,
    WEIR_EGRESS_ALLOW: 'loopback,private',
    WEIR_SNAPSHOT_FILE: join(directory.path, 'snapshot'),
    WEIR_TRANSPORT: process.env.WEIR_TRANSPORT,
    // Clients that start a virtual machine or an interpreter first may be slow where many tests share a machine.
    WEIR_LOGIN_TIMEOUT_MS: '120000',
    ...options.env,
  };
  const runtime = options.runtime ?? poolerRuntimeOf(process.env.WEIR_POOLER_RUNTIME);
  const running = await startWeirProcess('pooler', environment, runtime);
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const close = async () => {
    await running.close();
    directory.remove();
  };
  return {
    ...running,
    port,
    pooledPort: options.pooledPort ?? null,
    adminUrl,
    caFile: certificates.caFile,
    metrics: async () => (await fetch(`${adminUrl}/metrics`)).text(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
