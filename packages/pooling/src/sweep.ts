// What time alone does to the pools of an upstream: deadlines of waiters, ages of servers, retries.
import type { Dispatcher } from './dispatcher.ts';
import type { Upstream } from './upstream.ts';

/** Ages, deadlines and retries of one upstream; called a few times a second. */
export function sweep(
  dispatcher: Dispatcher,
  upstream: Upstream,
  nowMs: number,
  noticeAfterMs: number,
): void {
  for (const pool of upstream.pools) {
    for (;;) {
      const client = pool.waiters.peek();
      if (client === null || nowMs - client.waitSinceMs < pool.settings.queryWaitTimeoutMs) break;
      const { budget, used } = upstream;
      dispatcher.refuse(
        client,
        { kind: 'wait-timeout', waitMs: nowMs - client.waitSinceMs, budget, used },
        nowMs,
      );
    }
    for (const client of pool.waiters) {
      const waitMs = nowMs - client.waitSinceMs;
      if (waitMs < noticeAfterMs) break;
      if (client.noticed) continue;
      client.noticed = true;
      dispatcher.effects.noticeWait(client, waitMs);
    }
    for (;;) {
      const server = pool.longestIdle();
      if (server === null || nowMs - server.idleSinceMs < pool.settings.serverIdleTimeoutMs) break;
      dispatcher.close(server, 'idle', nowMs);
    }
    for (const server of [...pool.idleServers()]) {
      if (server.generation !== pool.generation) dispatcher.close(server, 'replaced', nowMs);
      else if (nowMs - server.openedAtMs > server.lifetimeMs) dispatcher.close(server, 'max-age', nowMs);
      else if (upstream.used - upstream.evictionsUnderWay > upstream.budget)
        dispatcher.close(server, 'yielded', nowMs);
    }
    dispatcher.growth.grow(pool, nowMs);
  }
  for (const waiter of [...upstream.directWaiters]) {
    // One that was told a moment ago may have taken others along.
    if (!upstream.directWaiters.includes(waiter)) continue;
    const { client, sinceMs } = waiter;
    if (client !== null && !client.noticed && nowMs - sinceMs >= noticeAfterMs) {
      client.noticed = true;
      dispatcher.effects.noticeWait(client, nowMs - sinceMs);
    }
    if (nowMs < waiter.deadlineMs) continue;
    upstream.directWaiters.splice(upstream.directWaiters.indexOf(waiter), 1);
    waiter.granted(false, nowMs);
  }
  dispatcher.growth.evictForDirect(upstream, nowMs);
  dispatcher.growth.growStarved(upstream, nowMs);
}
