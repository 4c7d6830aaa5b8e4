// A Redis of the test's own: in a container where an engine answers, else a private local instance.

import { join } from 'node:path';
import { declareFreshLeases } from '@weir/fleet';
import { findOrStartRedis } from '@weir/local-servers';
import { backend, fromContainer } from './backend.ts';
import { runDirectory } from './temporary-directory.ts';

export interface Redis {
  readonly url: string;
  /** Of the local process; null in a container. */
  readonly pid: number | null;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a Redis. Rejects when there is none to be had, since the Redis path is what tests are to walk. */
export async function startRedis(): Promise<Redis> {
  const redis = await startEmptyRedis();
  // Else the first server connection of each test waits for rights that nobody can have.
  await declareFreshLeases(redis.url);
  return redis;
}

async function startEmptyRedis(): Promise<Redis> {
  if ((await backend()) === 'docker') {
    const { GenericContainer } = await import('testcontainers');
    const container = await fromContainer(
      'Redis',
      () =>
        new GenericContainer('valkey/valkey:8-alpine')
          .withCommand(['valkey-server', '--save', '', '--appendonly', 'no'])
          .withExposedPorts(6379)
          .start(),
      (late) => void late.stop(),
    );
    if (container !== null) {
      const close = async () => {
        await container.stop({ timeout: 1_000 });
      };
      return {
        url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`,
        pid: null,
        close,
        [Symbol.asyncDispose]: close,
      };
    }
  }
  // REDIS_URL is left alone: a test must not write into somebody's Redis.
  const redis = await findOrStartRedis({
    cacheDir: process.env.WEIR_TEST_CACHE_DIR ?? join(runDirectory(), 'cache'),
    origins: ['program', 'fetched'],
    say: (line) => console.log(`redis: ${line}`),
  });
  if (redis === null) throw new Error('no Redis is to be had: install redis-server or valkey-server');
  return { url: redis.url, pid: redis.pid, close: redis.stop, [Symbol.asyncDispose]: redis.stop };
}
