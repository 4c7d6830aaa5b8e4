// Which limit of time a client's use of its server connection has passed. A rule over times that others have noted.
import type { TimeLimit } from './close-reason.ts';
import type { PoolSettings } from './pool.ts';
import { type ServerSession, TransactionStatus } from './server-session.ts';

/** True if any of the limits on served clients is set: most often none is, and nobody need look. */
export function hasTimeLimits(settings: PoolSettings): boolean {
  return (
    settings.idleInTransactionTimeoutMs > 0 ||
    settings.queryTimeoutMs > 0 ||
    settings.transactionTimeoutMs > 0 ||
    settings.pinIdleTimeoutMs > 0
  );
}

/** The limit that is passed on `server`, which a client has and on which nothing of Weir's own is under way; or null. */
export function passedLimit(
  server: ServerSession,
  nowMs: number,
): { readonly limit: TimeLimit; readonly ms: number } | null {
  const { idleInTransactionTimeoutMs, queryTimeoutMs, transactionTimeoutMs, pinIdleTimeoutMs } =
    server.pool.settings;
  const inTransaction = server.transactionStatus !== TransactionStatus.Idle;
  const passed = (ms: number, sinceMs: number): boolean => ms > 0 && nowMs - sinceMs >= ms;
  if (server.answeredAtMs === 0) {
    if (passed(queryTimeoutMs, server.querySinceMs)) return { limit: 'query', ms: queryTimeoutMs };
  } else if (inTransaction) {
    if (passed(idleInTransactionTimeoutMs, server.answeredAtMs))
      return { limit: 'idle-in-transaction', ms: idleInTransactionTimeoutMs };
  } else {
    // Who listens is silent by nature, and a session of its own is no pin.
    const pinned = server.pin !== null && server.pin !== 'listen' && server.pin !== 'session-mode';
    if (pinned && passed(pinIdleTimeoutMs, server.answeredAtMs))
      return { limit: 'pin-idle', ms: pinIdleTimeoutMs };
    return null;
  }
  if (inTransaction && passed(transactionTimeoutMs, server.transactionSinceMs))
    return { limit: 'transaction', ms: transactionTimeoutMs };
  return null;
}
