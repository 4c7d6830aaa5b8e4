// A connection to Redis comes back whatever ended it, against a server that says only what ioredis needs to hear.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RedisLink } from './redis-link.ts';
import { SpeakingServer } from './testing/speaking-server.ts';

const patience = { timeout: 60_000, interval: 20 };
let server: SpeakingServer;
let link: RedisLink;
beforeEach(async () => {
  server = await SpeakingServer.listen();
  const url = `redis://127.0.0.1:${server.port}`;
  link = new RedisLink({ address: { kind: 'server', url }, name: 'test' });
  await vi.waitFor(() => expect(link.healthy()).toBe(true), patience);
});
afterEach(() => {
  link.close();
  server.close();
});

test('a client that has given up is connected again', async () => {
  const ended = new Promise((resolve) => link.client.once('end', resolve));
  link.client.disconnect();
  await ended;
  expect(link.healthy()).toBe(false);
  await vi.waitFor(() => expect(link.healthy()).toBe(true), patience);
  expect(await link.run((client) => client.ping())).toBe('PONG');
});

test('a link that was closed stays closed', async () => {
  const ended = new Promise((resolve) => link.client.once('end', resolve));
  link.close();
  await ended;
  expect(link.client.status).toBe('end');
  await expect(link.run((client) => client.ping())).rejects.toThrow('closed');
});
