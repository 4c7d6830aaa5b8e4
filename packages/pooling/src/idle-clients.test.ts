// Clients that have been idle for too long are found in time, and nothing is kept of those that have gone.
import { expect, test } from 'vitest';
import type { ClientSession } from './client-session.ts';
import { SmallPool } from './testing/small-pool.ts';

function overdueAt(small: SmallPool, untilMs: number): { client: ClientSession; afterMs: number } | null {
  const startMs = small.nowMs;
  let found: ClientSession | null = null;
  while (found === null && small.nowMs - startMs < untilMs) {
    small.nowMs += 100;
    small.dispatcher.idleClients.sweep(small.nowMs, (client) => {
      found = client;
    });
  }
  return found === null ? null : { client: found, afterMs: small.nowMs - startMs };
}

test('a client is found once it has been idle for as long as its pool allows, to half a second', () => {
  const small = new SmallPool({ clientIdleTimeoutMs: 45_000 });
  const client = small.client();
  const found = overdueAt(small, 60_000);
  expect(found?.client).toBe(client);
  expect(found?.afterMs).toBeGreaterThanOrEqual(45_000);
  expect(found?.afterMs).toBeLessThanOrEqual(45_600);
});

test.each([0, 3_600_000])('a limit of %i ms that is lowered holds within seconds', (before) => {
  const small = new SmallPool({ clientIdleTimeoutMs: before });
  const client = small.client();
  expect(overdueAt(small, 30_000)).toBeNull();
  small.pool.settings = { ...small.pool.settings, clientIdleTimeoutMs: 5_000 };
  const found = overdueAt(small, 60_000);
  expect(found?.client).toBe(client);
  expect(found?.afterMs).toBeLessThanOrEqual(10_600);
});

test('nothing is kept for clients that have gone', () => {
  const small = new SmallPool({ clientIdleTimeoutMs: 3_600_000 });
  for (let i = 0; i < 50; i++) {
    small.nowMs += 1_000;
    small.lose(small.client());
  }
  expect(small.dispatcher.idleClients.size).toBe(0);
});
