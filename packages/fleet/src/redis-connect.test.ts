// How a client finds its master again, with a sentinel that says what it knows when the test wants it to.
import type { Socket } from 'node:net';
import type { Redis } from 'ioredis';
import { afterEach, expect, test, vi } from 'vitest';
import { connectRedis } from './redis-connect.ts';
import { bulk, SpeakingServer } from './testing/speaking-server.ts';

const patience = { timeout: 60_000, interval: 20 };
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

test('a failover that is told while the sentinels are asked for the master does not end the client', async () => {
  const master = await SpeakingServer.listen();
  let listener: Socket | null = null;
  let holds = false;
  let held: (() => void) | null = null;
  const sentinel = await SpeakingServer.listen((words, socket) => {
    if (words[0] === 'subscribe') {
      listener = socket;
      return `*3\r\n${bulk('subscribe')}${bulk(words[1]!)}:1\r\n`;
    }
    if (words[0] !== 'sentinel') return undefined;
    if (words[1] !== 'get-master-addr-by-name') return '*0\r\n';
    const said = `*2\r\n${bulk('127.0.0.1')}${bulk(String(master.port))}`;
    if (!holds) return said;
    held = () => socket.write(said);
    return null;
  });
  const client: Redis = connectRedis(
    {
      kind: 'sentinel',
      tls: false,
      user: undefined,
      password: undefined,
      sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
      master: 'main',
      database: 0,
      sentinelUser: undefined,
      sentinelPassword: undefined,
    },
    { protocol: 2, retryStrategy: () => 20 },
  );
  client.on('error', () => {});
  ends.push(
    () => client.disconnect(),
    () => master.close(),
    () => sentinel.close(),
  );
  await vi.waitFor(() => expect([client.status, listener !== null]).toEqual(['ready', true]), patience);

  holds = true;
  for (const socket of master.sockets) socket.destroy();
  await vi.waitFor(() => expect(held).not.toBe(null), patience);
  listener!.write(`*3\r\n${bulk('message')}${bulk('+switch-master')}${bulk('main')}`);
  await vi.waitFor(() => expect(sentinel.sockets.has(listener!)).toBe(false), patience);
  holds = false;
  held!();
  await vi.waitFor(() => expect(client.status).toBe('ready'), patience);
});
