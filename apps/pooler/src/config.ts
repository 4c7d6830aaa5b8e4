// The pooler's environment as typed values, read once at start. Every variable is named here and nowhere else.
import { availableParallelism } from 'node:os';
import { redisAddressFault } from '@weir/fleet';
import { isAddressRange } from '@weir/net';
import { z } from 'zod';

/** An address to listen on. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Connections come from proxies that say first who their client is. */
  readonly proxy?: boolean;
}

/** A bound listening socket that the process was started with: what for, where, and its descriptor. */
export interface InheritedSocket extends ListenAddress {
  readonly use: 'listen' | 'pooled' | 'admin';
  readonly fd: number;
}

export interface PoolerConfig {
  readonly processId: string;
  /** How many pooler processes to keep under a supervisor; null: this process is one itself, with nobody over it. */
  readonly processes: number | null;
  /** From the supervisor, or from the one that this supervisor takes over from. */
  readonly inherited: readonly InheritedSocket[];
  readonly listen: readonly ListenAddress[];
  /** Addresses where every endpoint is pooled, whatever the host name says. */
  readonly pooledListen: readonly ListenAddress[];
  readonly adminListen: ListenAddress | null;
  /** Addresses and ranges of the proxies that are believed. */
  readonly proxies: readonly string[];
  readonly domains: readonly string[];
  readonly certificates: readonly { readonly certFile: string; readonly keyFile: string }[];
  readonly redisUrl: string | null;
  readonly sealKeyFile: string;
  readonly snapshotFile: string | null;
  readonly allowLoopback: boolean;
  readonly allowPrivate: boolean;
  /** Cancel requests of one source address, on average; twice as many at once. */
  readonly cancelsPerSecond: number;
  /** Connects of one endpoint, on average, over the fleet; 0: as many as come. */
  readonly connectsPerSecond: number;
  /** As many at once after a pause. */
  readonly connectBurst: number;
  /** Failed logins of one source at one endpoint within a minute that ban it for five; 0: nobody is banned. */
  readonly loginFailuresMax: number;
  readonly loginTimeoutMs: number;
  readonly serverConnectTimeoutMs: number;
  /** From readiness being off to the listeners being closed: what a balancer needs to notice. */
  readonly balancerWaitMs: number;
  readonly drainTimeoutMs: number;
  /** What carries the connections: native sockets where they were built (`auto`), or one of the two by force. */
  readonly transport: 'auto' | 'native' | 'node';
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}

/** A variable is missing or wrong; the text names it and says what it takes. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const addressPattern = /^(?:\[([0-9a-f:.]+)\]|([^:\s]+)):(\d{1,5})(\/proxy)?$/i;

function parseAddress(text: string): ListenAddress {
  const match = addressPattern.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new Error(`"${text}" is not host:port`);
  return { host: (match[1] ?? match[2])!, port, ...(match[4] !== undefined && { proxy: true }) };
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const addresses = z.string().transform((text) => list(text).map(parseAddress));
const milliseconds = z.coerce.number().int().min(1).max(3_600_000);

const inheritedSockets = z.array(
  z.object({
    use: z.enum(['listen', 'pooled', 'admin']),
    host: z.string(),
    port: z.number().int(),
    proxy: z.boolean().optional(),
    fd: z.number().int().min(3),
  }),
);

const schema = z.object({
  WEIR_PROCESSES: z
    .union([z.literal('cores'), z.coerce.number().int().min(1).max(256)])
    .transform((count) => (count === 'cores' ? availableParallelism() : count))
    .optional(),
  WEIR_INHERITED_SOCKETS: z
    .string()
    .transform((text) => inheritedSockets.parse(JSON.parse(text)))
    .default([]),
  WEIR_PROCESS_ID: z.string().min(1).optional(),
  WEIR_LISTEN: addresses.default([{ host: '127.0.0.1', port: 5432 }]),
  WEIR_POOLED_LISTEN: addresses.default([]),
  WEIR_ADMIN_LISTEN: addresses.default([{ host: '127.0.0.1', port: 9127 }]),
  WEIR_PROXIES: z
    .string()
    .transform((text) =>
      list(text).map((range) => {
        if (!isAddressRange(range)) throw new Error(`"${range}" is no address and no range of addresses`);
        return range;
      }),
    )
    .default([]),
  WEIR_DOMAINS: z.string().transform(list).default(['db.localhost']),
  WEIR_TLS: z
    .string()
    .transform((text) =>
      list(text).map((pair) => {
        const [certFile, keyFile, more] = pair.split(':');
        if (!certFile || !keyFile || more !== undefined) throw new Error(`"${pair}" is not cert.pem:key.pem`);
        return { certFile, keyFile };
      }),
    )
    .default([]),
  WEIR_REDIS_URL: z
    .string()
    .refine((text) => redisAddressFault(text) === null, {
      error: ({ input }) => `it ${redisAddressFault(input as string)}`,
    })
    .optional(),
  WEIR_SEAL_KEY_FILE: z.string().min(1),
  WEIR_SNAPSHOT_FILE: z.string().optional(),
  WEIR_EGRESS_ALLOW: z
    .string()
    .transform((text) => z.array(z.enum(['loopback', 'private'])).parse(list(text)))
    .default([]),
  WEIR_CANCELS_PER_SECOND: z.coerce.number().int().min(1).max(1_000_000).default(50),
  WEIR_CONNECTS_PER_SECOND: z.coerce.number().int().min(0).max(1_000_000).default(1_000),
  WEIR_CONNECT_BURST: z.coerce.number().int().min(1).max(1_000_000).default(2_000),
  WEIR_LOGIN_FAILURES_MAX: z.coerce.number().int().min(0).max(1_000_000).default(20),
  WEIR_LOGIN_TIMEOUT_MS: milliseconds.default(15_000),
  WEIR_SERVER_CONNECT_TIMEOUT_MS: milliseconds.default(10_000),
  WEIR_BALANCER_WAIT_MS: z.coerce.number().int().min(0).max(600_000).default(0),
  WEIR_DRAIN_TIMEOUT_MS: milliseconds.default(10_000),
  WEIR_TRANSPORT: z.enum(['auto', 'native', 'node']).default('auto'),
  WEIR_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** Reads the environment; throws ConfigError. `fallbackId` names the process if the environment does not. */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  fallbackId: string,
): PoolerConfig {
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name];
    if (value !== undefined && value !== '') values[name] = value;
  }
  let parsed: z.infer<typeof schema>;
  try {
    parsed = schema.parse(values);
  } catch (error) {
    const text =
      error instanceof z.ZodError
        ? error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
        : (error as Error).message;
    throw new ConfigError(`the environment cannot be used: ${text}`, { cause: error });
  }
  if (
    [...parsed.WEIR_LISTEN, ...parsed.WEIR_POOLED_LISTEN].some(({ proxy }) => proxy) &&
    parsed.WEIR_PROXIES.length === 0
  )
    throw new ConfigError('a listener is for proxies (/proxy), and WEIR_PROXIES names none that is believed');
  return {
    processId: parsed.WEIR_PROCESS_ID ?? fallbackId,
    processes: parsed.WEIR_PROCESSES ?? null,
    inherited: parsed.WEIR_INHERITED_SOCKETS,
    listen: parsed.WEIR_LISTEN,
    pooledListen: parsed.WEIR_POOLED_LISTEN,
    adminListen: parsed.WEIR_ADMIN_LISTEN[0] ?? null,
    proxies: parsed.WEIR_PROXIES,
    domains: parsed.WEIR_DOMAINS,
    certificates: parsed.WEIR_TLS,
    redisUrl: parsed.WEIR_REDIS_URL ?? null,
    sealKeyFile: parsed.WEIR_SEAL_KEY_FILE,
    snapshotFile: parsed.WEIR_SNAPSHOT_FILE ?? null,
    allowLoopback: parsed.WEIR_EGRESS_ALLOW.includes('loopback'),
    allowPrivate: parsed.WEIR_EGRESS_ALLOW.includes('private'),
    cancelsPerSecond: parsed.WEIR_CANCELS_PER_SECOND,
    connectsPerSecond: parsed.WEIR_CONNECTS_PER_SECOND,
    connectBurst: parsed.WEIR_CONNECT_BURST,
    loginFailuresMax: parsed.WEIR_LOGIN_FAILURES_MAX,
    loginTimeoutMs: parsed.WEIR_LOGIN_TIMEOUT_MS,
    serverConnectTimeoutMs: parsed.WEIR_SERVER_CONNECT_TIMEOUT_MS,
    balancerWaitMs: parsed.WEIR_BALANCER_WAIT_MS,
    drainTimeoutMs: parsed.WEIR_DRAIN_TIMEOUT_MS,
    transport: parsed.WEIR_TRANSPORT,
    logLevel: parsed.WEIR_LOG_LEVEL,
  };
}
