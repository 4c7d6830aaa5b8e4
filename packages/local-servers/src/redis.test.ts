// The search for a Redis: what the environment names is taken as it is, and an own instance is private and ends on stop.
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findOrStartRedis, findProgram } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-redis-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ask = (url: string, text: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    socket.once('data', (data) => {
      resolve(data.toString('latin1'));
      socket.destroy();
    });
    socket.once('error', reject);
  });

test('the Redis of REDIS_URL is used as it is and left alone', async () => {
  const redis = await findOrStartRedis({ cacheDir: dir, env: { REDIS_URL: 'redis://example.test:1' } });
  expect(redis).toMatchObject({ url: 'redis://example.test:1', origin: 'environment', pid: null });
  await redis!.stop();
});

test('where nothing may be tried there is none, and that is not an error', async () => {
  expect(await findOrStartRedis({ cacheDir: dir, env: { PATH: '', WEIR_NO_FETCH: '1' } })).toBeNull();
});

const program = findProgram(['valkey-server', 'redis-server', 'keydb-server']);
// Machines without a Redis program have nothing to start; the integration run fetches one.
test.skipIf(program === null)('a private instance wants its password and is gone after stop', async () => {
  const redis = await findOrStartRedis({
    cacheDir: dir,
    env: { PATH: process.env.PATH },
    origins: ['program'],
  });
  expect(redis?.origin).toBe('program');
  expect(await ask(redis!.url, 'PING\r\n')).toContain('NOAUTH');
  expect(await ask(redis!.url, `AUTH ${new URL(redis!.url).password}\r\n`)).toContain('+OK');
  await redis!.stop();
  await expect(ask(redis!.url, 'PING\r\n')).rejects.toThrow('ECONNREFUSED');
});
