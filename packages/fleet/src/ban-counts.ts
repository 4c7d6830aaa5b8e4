// Failed logins counted by endpoint and source, and the bans that they lead to, in memory. Bounded whoever attacks; no clock.
import type { Ban, BanRule } from './contract.ts';
import { RecentMap } from './recent-map.ts';

/** Sources counted of one endpoint in a window, and bans of everybody: more is forgotten, the oldest first. */
export const sourcesMax = 10_000;
export const bansMax = 10_000;
/** Endpoints counted at the same time. */
const endpointsMax = 10_000;

interface Window {
  readonly endsAtMs: number;
  readonly failures: Map<string, number>;
}

export class BanCounts {
  readonly #windows = new RecentMap<string, Window>(endpointsMax);
  /** Endpoint id and source -> until when. */
  readonly #bans = new RecentMap<string, number>(bansMax);

  /** Counts a failed login. True: it led to a ban. */
  failed(endpointId: string, source: string, rule: BanRule, nowMs: number): boolean {
    let window = this.#windows.get(endpointId);
    if (window === undefined || window.endsAtMs <= nowMs) {
      window = { endsAtMs: nowMs + rule.windowMs, failures: new RecentMap(sourcesMax) };
      this.#windows.set(endpointId, window);
    }
    const failures = (window.failures.get(source) ?? 0) + 1;
    if (failures >= rule.failuresMax) {
      this.ban({ endpointId, source, leftMs: rule.banMs }, nowMs);
      return true;
    }
    window.failures.set(source, failures);
    return false;
  }

  /** What was counted is over with it: who is let in again begins anew. */
  ban({ endpointId, source, leftMs }: Ban, nowMs: number): void {
    this.#windows.get(endpointId)?.failures.delete(source);
    this.#bans.set(keyOf(endpointId, source), nowMs + leftMs);
  }

  /** For how long the source is banned from the endpoint; 0: it is not. */
  leftMs(endpointId: string, source: string, nowMs: number): number {
    // Asked with each login, and most often there is no ban at all.
    if (this.#bans.size === 0) return 0;
    const key = keyOf(endpointId, source);
    const untilMs = this.#bans.get(key);
    if (untilMs === undefined) return 0;
    if (untilMs > nowMs) return untilMs - nowMs;
    this.#bans.delete(key);
    return 0;
  }

  all(nowMs: number): Ban[] {
    return [...this.#bans].flatMap(([key, untilMs]) => {
      const [endpointId, source] = key.split(' ') as [string, string];
      return untilMs > nowMs ? [{ endpointId, source, leftMs: untilMs - nowMs }] : [];
    });
  }

  /** Takes the place of all bans. */
  replace(bans: readonly Ban[], nowMs: number): void {
    this.#bans.clear();
    for (const ban of bans) this.ban(ban, nowMs);
  }

  /** Ends bans of an endpoint, of `source` or all, with what was counted; says how many. */
  clear(endpointId: string, source: string | null): number {
    const failures = this.#windows.get(endpointId)?.failures;
    if (source === null) failures?.clear();
    else failures?.delete(source);
    let cleared = 0;
    for (const key of this.#bans.keys()) {
      if (source === null ? !key.startsWith(`${endpointId} `) : key !== keyOf(endpointId, source)) continue;
      this.#bans.delete(key);
      cleared++;
    }
    return cleared;
  }
}

function keyOf(endpointId: string, source: string): string {
  return `${endpointId} ${source}`;
}
