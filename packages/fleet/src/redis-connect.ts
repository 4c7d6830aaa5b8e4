// A client of ioredis for each kind of address. Everything a command needs is the same for all three.
import { Cluster, type ClusterOptions, Redis, type RedisOptions, SentinelConnector } from 'ioredis';
import type { RedisAddress } from './redis-address.ts';

const connectTimeoutMs = 2_000;

/**
 * What commands go through; connects in the background. A cluster has the same commands under another type, and is
 * handed out as the one that everybody knows: of what only `Redis` has nobody here makes use.
 */
export function connectRedis(address: RedisAddress, options: RedisOptions): Redis {
  const all: RedisOptions = { connectTimeout: connectTimeoutMs, ...options };
  if (address.kind === 'server') return new Redis(address.url, all);
  if (address.kind === 'sentinel') return new Redis({ ...all, ...sentinelOptions(address, all) });
  const { retryStrategy, enableOfflineQueue, lazyConnect, maxRetriesPerRequest: _, ...ofEachNode } = all;
  const cluster: ClusterOptions = {
    redisOptions: { ...ofEachNode, ...loginOptions(address) },
    clusterRetryStrategy: (attempts) => retryStrategy?.(attempts) ?? null,
    // A cluster changes its mind about who has which slot: what was refused for that is asked once more elsewhere.
    maxRedirections: 4,
    ...(enableOfflineQueue === undefined ? {} : { enableOfflineQueue }),
    ...(lazyConnect === undefined ? {} : { lazyConnect }),
  };
  return new Cluster([...address.nodes], cluster) as unknown as Redis;
}

/**
 * What hears channels. In a cluster each node tells what was said at any of them, so that one will do; with each attempt
 * another one is tried.
 */
export function connectRedisListener(address: RedisAddress, options: RedisOptions): Redis {
  if (address.kind !== 'cluster') return connectRedis(address, options);
  const { nodes } = address;
  let at = Math.floor(Math.random() * nodes.length);
  const client: Redis = new Redis({
    connectTimeout: connectTimeoutMs,
    ...options,
    ...loginOptions(address),
    ...nodes[at]!,
    retryStrategy(attempts) {
      at = (at + 1) % nodes.length;
      Object.assign(client.options, nodes[at]);
      return options.retryStrategy?.(attempts);
    },
  });
  return client;
}

/**
 * Who listened to the sentinels for the connection before must not end the attempt that follows it: a failover that is told
 * while a client asks the sentinels for the new master would make it give up for good.
 */
class SteadyConnector extends SentinelConnector {
  constructor(options: unknown) {
    super(options as ConstructorParameters<typeof SentinelConnector>[0]);
  }

  override connect(
    ...args: Parameters<SentinelConnector['connect']>
  ): ReturnType<SentinelConnector['connect']> {
    const before = this as unknown as { failoverDetector: { cleanup(): void } | null };
    before.failoverDetector?.cleanup();
    before.failoverDetector = null;
    return super.connect(...args);
  }
}

function loginOptions({ tls, user, password }: Exclude<RedisAddress, { kind: 'server' }>): RedisOptions {
  return {
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
  };
}

function sentinelOptions(
  address: Extract<RedisAddress, { kind: 'sentinel' }>,
  { retryStrategy }: RedisOptions,
): RedisOptions {
  const { sentinels, master, database, sentinelUser, sentinelPassword, tls } = address;
  return {
    ...loginOptions(address),
    sentinels: [...sentinels],
    name: master,
    db: database,
    ...(sentinelUser === undefined ? {} : { sentinelUsername: sentinelUser }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    enableTLSForSentinelMode: tls,
    ...(tls ? { sentinelTLS: {} } : {}),
    sentinelRetryStrategy: (attempts) => retryStrategy?.(attempts) ?? null,
    // Told by the sentinels, a client leaves a master that was replaced, though that one would still answer.
    failoverDetector: true,
    Connector: SteadyConnector,
    // A master that has become a copy refuses to write; the sentinels know another one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}
