// When a database is looked at again, so that ten thousand tenants are no storm of connections.
import { doubtMs, type EndpointHealth } from '@weir/tenancy';

/** A little more, so that the second look counts. */
const doubtPauseMs = doubtMs + 5_000;
/** While a database is down, the pause is half the time for which it has been. */
const downPauseMinMs = 60_000;

/** Without what spreads it. Ms. */
export function pauseAfter(health: EndpointHealth, everyMs: number, nowMs: number): number {
  if (health.doubt !== null) return doubtPauseMs;
  if (health.state === 'healthy' || health.since === null) return everyMs;
  return Math.min(everyMs, Math.max(downPauseMinMs, (nowMs - Date.parse(health.since)) / 2));
}
