// The control plane of a test, with its first API key and a caller for its HTTP API.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSealKeyFile, freePort } from '@weir/local-servers';
import { temporaryDirectory } from './temporary-directory.ts';
import { distDirectory, startWeirProcess, type WeirProcess } from './weir-process.ts';

export interface ControlApiOptions {
  /** URL of the catalog's own database. */
  readonly catalogUrl: string;
  /** Left out: shared state is in memory, with a pooler in the same process, whose environment is in `env`. */
  readonly redisUrl?: string;
  /** Made when missing; the poolers need the same. */
  readonly sealKeyFile: string;
  readonly domain?: string;
  /** The port that connection strings name. */
  readonly publicPort?: number;
  /** Listeners that must not be upstreams, `address:port,…`. */
  readonly ownListeners?: string;
  readonly port?: number;
  /** More environment, or undefined to take a variable away. */
  readonly env?: Record<string, string | undefined>;
}

export interface ControlApi extends WeirProcess {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly apiKey: string;
  /** Calls the API as the first key. Gives the parsed body; throws with status and problem when the reply is an error. */
  call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<T>;
  /** The same without judging the status. */
  fetch(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** Starts control-api on a free port. */
export async function startControlApi(options: ControlApiOptions): Promise<ControlApi> {
  const directory = temporaryDirectory('control-api');
  const firstKeyFile = options.env?.WEIR_FIRST_KEY_FILE ?? join(directory.path, 'api-key');
  const port = options.port ?? (await freePort());
  ensureSealKeyFile(options.sealKeyFile);
  const dashboard = join(distDirectory, 'dashboard');
  const program = options.redisUrl === undefined ? 'one-process' : 'control-api';
  const running = await startWeirProcess(program, {
    WEIR_API_LISTEN: `127.0.0.1:${port}`,
    WEIR_CATALOG_URL: options.catalogUrl,
    WEIR_REDIS_URL: options.redisUrl,
    WEIR_SEAL_KEY_FILE: options.sealKeyFile,
    WEIR_DOMAIN: options.domain ?? 'db.localhost',
    WEIR_PUBLIC_PORT: String(options.publicPort ?? 5432),
    WEIR_EGRESS_ALLOW: 'loopback,private',
    WEIR_FIRST_KEY_FILE: firstKeyFile,
    WEIR_DASHBOARD_DIR: existsSync(dashboard) ? dashboard : undefined,
    WEIR_OWN_LISTENERS: options.ownListeners,
    ...options.env,
  });
  const url = `http://127.0.0.1:${port}`;
  const apiKey = readFileSync(firstKeyFile, 'utf8').trim();
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const close = async () => {
    await running.close();
    directory.remove();
  };
  return {
    ...running,
    url,
    port,
    apiKey,
    fetch: send,
    async call<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
      const reply = await send(method, path, body, headers);
      const text = await reply.text();
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
