// What time alone does to the pools of an upstream: deadlines of waiters, ages of servers, retries.
import { homeWaitOf } from './dedicated-servers.ts';
import { type Dispatcher, overdueReason } from './dispatcher.ts';
import type { Pool } from './pool.ts';
import { isAtMinimum } from './pool-minimum.ts';
import { hasTimeLimits, passedLimit } from './time-limits.ts';
import type { Upstream } from './upstream.ts';

/** A query that was cancelled may take this long to end before its client is ended. */
const cancelGraceMs = 5_000;

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
      dispatcher.refuse(client, upstream.waitTimeout(pool, nowMs - client.waitSinceMs, nowMs), nowMs);
    }
    for (const client of pool.waiters) {
      const waitMs = nowMs - client.waitSinceMs;
      if (waitMs < noticeAfterMs) break;
      if (client.noticed) continue;
      client.noticed = true;
      dispatcher.effects.noticeWait(client, waitMs);
    }
    while (pool.mayReplace(nowMs)) {
      const server = pool.longestIdle();
      if (server === null || nowMs - server.idleSinceMs < pool.settings.serverIdleTimeoutMs) break;
      if (isAtMinimum(pool, nowMs)) break;
      dispatcher.close(server, 'idle', nowMs);
    }
    for (const client of [...pool.homeWaiters])
      if (nowMs - client.waitSinceMs >= homeWaitOf(client)) dispatcher.dedicated.goOn(client, nowMs);
    for (const server of [...pool.idleServers()]) {
      const overdue = overdueReason(server, nowMs);
      if (overdue !== null && !server.keptOverdue(nowMs)) dispatcher.close(server, overdue, nowMs);
    }
    dispatcher.serveWaiters(pool, nowMs);
    if (pool.held > 0)
      for (const server of [...pool.servers]) {
        dispatcher.dedicated.askIfNeeded(server, nowMs);
        dispatcher.channels.sweep(server, nowMs);
      }
    if (hasTimeLimits(pool.settings)) endOverdue(dispatcher, pool, nowMs);
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
    if (nowMs >= waiter.deadlineMs && upstream.leaveQueue(waiter)) waiter.granted(false, nowMs);
  }
  dispatcher.outages.look(upstream, nowMs);
  dispatcher.growth.shrink(upstream, nowMs);
  dispatcher.growth.evictForDirect(upstream, nowMs);
  dispatcher.growth.growStarved(upstream, nowMs);
  dispatcher.growth.growAhead(upstream, nowMs);
}

/** Clients that have been idle for longer than their pool allows; called as often as `sweep`, once for all upstreams. */
export function sweepIdleClients(dispatcher: Dispatcher, nowMs: number): void {
  dispatcher.idleClients.sweep(nowMs, (client, ms) =>
    dispatcher.expel(client, { kind: 'time-limit', limit: 'client-idle', ms }, nowMs),
  );
}

function endOverdue(dispatcher: Dispatcher, pool: Pool, nowMs: number): void {
  for (const server of [...pool.servers]) {
    const { client } = server;
    if (client === null || server.state !== 'active') continue;
    const passed = passedLimit(server, nowMs);
    if (passed === null) continue;
    const { limit, ms } = passed;
    // What Weir itself asks there is not cancelled, and is no client's silence; but its query waits for it.
    if (server.replaying && (limit !== 'query' || nowMs - server.querySinceMs < ms + cancelGraceMs)) continue;
    if (limit !== 'query') {
      dispatcher.expel(client, { kind: 'time-limit', limit, ms }, nowMs);
    } else if (!server.queryTimedOut && !server.replaying) {
      server.queryTimedOut = true;
      dispatcher.effects.cancelServer(server);
    } else if (nowMs - server.querySinceMs >= ms + cancelGraceMs) {
      dispatcher.expel(client, { kind: 'time-limit', limit, ms }, nowMs);
    }
  }
}
