// The wake-ups of the job queue in Redis, where all processes of a fleet find them.
import { connectRedis, parseRedisAddress } from '@weir/fleet';
import { createRedisBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import type { WakeUpStore } from './wake-up-store.ts';

const reconnectDelayMsMax = 1_000;

export interface RedisWakeUpsOptions {
  /** As `parseRedisAddress` reads it. */
  readonly url: string;
  /** Shown in Redis's CLIENT LIST. */
  readonly processId: string;
  /** Before every key; `weir` unless told otherwise. */
  readonly keyPrefix?: string;
}

/** Connects in the background; a Redis that is away is waited for, and asked again by itself. */
export function redisWakeUps(options: RedisWakeUpsOptions): WakeUpStore {
  const address = parseRedisAddress(options.url);
  // In braces, so that a cluster keeps all of the queue in one place, as BullMQ's scripts need it.
  const prefix = `{${options.keyPrefix ?? 'weir'}:bull}`;
  const connections: Redis[] = [];
  const connect = (): Redis => {
    const connection = connectRedis(address, {
      connectionName: `weir:${options.processId}:jobs`,
      // BullMQ's own demand; a command waits for the connection, and at most one of each wake-up waits.
      maxRetriesPerRequest: null,
      retryStrategy: (attempts) => Math.min(50 * attempts, reconnectDelayMsMax),
    });
    connections.push(connection);
    return connection;
  };
  return {
    open: async (make) => make({ connection: connect(), prefix }, createRedisBackend),
    async close() {
      for (const connection of connections) connection.disconnect();
    },
  };
}
