// A worker of the control plane as a process of its own.
import { freePort } from '@weir/local-servers';
import { startWeirProcess, type WeirProcess } from './weir-process.ts';

export interface WorkerOptions {
  readonly catalogUrl: string;
  readonly redisUrl: string;
  /** The same as control-api's. */
  readonly sealKeyFile: string;
  /** More environment, or undefined to take a variable away. */
  readonly env?: Record<string, string | undefined>;
}

/** Starts a worker with its probes on a free port. */
export async function startWorker(options: WorkerOptions): Promise<WeirProcess> {
  return startWeirProcess('worker', {
    WEIR_WORKER_LISTEN: `127.0.0.1:${await freePort()}`,
    WEIR_CATALOG_URL: options.catalogUrl,
    WEIR_REDIS_URL: options.redisUrl,
    WEIR_SEAL_KEY_FILE: options.sealKeyFile,
    WEIR_EGRESS_ALLOW: 'loopback,private',
    ...options.env,
  });
}
