// Who may open server connections within the budget, and who closes idle ones for it: pools, dedicated and direct ones.
import type { ServerCloseReason } from './close-reason.ts';
import type { Pool } from './pool.ts';
import { growAhead, isAtMinimum } from './pool-minimum.ts';
import type { ServerSession } from './server-session.ts';
import { type DirectWaiter, isDue, type Upstream } from './upstream.ts';

/** A pool yields to a starved one of its upstream only after this wait, so that slots don't change hands all the time. */
const yieldAfterWaitMs = 50;

/** What growing does: opens a shared server connection whose slot is taken, closes one. */
export interface GrowthActs {
  open(pool: Pool, nowMs: number): void;
  close(server: ServerSession, reason: ServerCloseReason, nowMs: number): void;
}

/** Shares the slots of each upstream out. */
export class Growth {
  private readonly acts: GrowthActs;
  private readonly openingMax: number;

  /** `openingMax`: server connections of one pool that are opened at the same time. */
  constructor(acts: GrowthActs, openingMax: number) {
    this.acts = acts;
    this.openingMax = openingMax;
  }

  /** Opens servers for waiters, within the pool's size and the budget; evicts where the budget is used up. */
  grow(pool: Pool, nowMs: number): void {
    if (!pool.mayTry(nowMs)) return;
    const upstream = pool.upstream;
    const openingMax = pool.failures > 0 ? 1 : this.openingMax;
    while (pool.opening < Math.min(pool.waiters.length, openingMax) && pool.sharedSize < pool.sizeMax) {
      if (!pool.circuit.mayBegin(nowMs)) return;
      if (!upstream.takeSlot(nowMs)) {
        this.evictFor(pool, nowMs);
        return;
      }
      this.acts.open(pool, nowMs);
    }
  }

  /** Why a server of `pool` that has come free closes to make room for others; null: it stays. Asked at each release. */
  givesWay(pool: Pool, nowMs: number): 'yielded' | 'evicted' | null {
    const { upstream } = pool;
    if (upstream.used < upstream.most) return null;
    if (upstream.excess > 0 || this.mustYield(pool, nowMs)) return 'yielded';
    if (!this.owedToDirect(pool, nowMs)) return null;
    upstream.evictionsUnderWay++;
    return 'evicted';
  }

  /** A slot is wanted for a direct or dedicated connection by somebody who has waited longer than all of this pool. */
  private owedToDirect(pool: Pool, nowMs: number): boolean {
    const { upstream } = pool;
    if (upstream.directWaiters.length === 0 || !upstream.mayTrade(nowMs)) return false;
    const { wanted, sinceMs } = upstream.directWanted(nowMs);
    if (upstream.evictionsUnderWay >= wanted) return false;
    const own = pool.waiters.peek();
    return own === null || own.waitSinceMs > sinceMs;
  }

  private mustYield(pool: Pool, nowMs: number): boolean {
    const upstream = pool.upstream;
    if (!upstream.mayTrade(nowMs) || upstream.pools.size < 2) return false;
    const starved = upstream.longestStarved(nowMs);
    if (starved === null || starved === pool) return false;
    const share = upstream.fairShare();
    if (starved.size >= share || pool.size <= share) {
      // With fewer slots than pools nobody's share is kept: then only a pool without any server is yielded to.
      if (starved.size > 0 || pool.size > 1 || pool.waiters.length === 0) return false;
    }
    const since = starved.waiters.peek()?.waitSinceMs ?? nowMs;
    // Who has waited longest of all is served first, or two pools would open and yield by turns and serve nobody.
    const own = pool.waiters.peek();
    if (own !== null && own.waitSinceMs <= since) return false;
    return nowMs - since >= yieldAfterWaitMs;
  }

  /** Closes idle servers of other pools, at most one for each slot that is wanted and not yet coming free. */
  private evictFor(pool: Pool, nowMs: number): void {
    this.evict(pool.upstream, pool, pool.waiters.length - pool.opening, nowMs);
  }

  /** Closes idle servers for direct and dedicated connections that could be opened but for the budget. */
  evictForDirect(upstream: Upstream, nowMs: number): void {
    if (upstream.directWaiters.length === 0) return;
    this.evict(upstream, null, upstream.directWanted(nowMs).wanted, nowMs);
  }

  private evict(upstream: Upstream, except: Pool | null, wanted: number, nowMs: number): void {
    if (!upstream.mayTrade(nowMs)) return;
    while (upstream.evictionsUnderWay < wanted) {
      const oldest = longestIdle(upstream, except, nowMs);
      if (oldest === null) return;
      upstream.evictionsUnderWay++;
      this.acts.close(oldest, 'evicted', nowMs);
    }
  }

  /** Closes idle servers beyond what this process may have, or was asked to come down to. */
  shrink(upstream: Upstream, nowMs: number): void {
    while (upstream.excess > 0) {
      const oldest = longestIdle(upstream, null, nowMs);
      if (oldest === null) return;
      this.acts.close(oldest, 'yielded', nowMs);
    }
  }

  /** There are more slots than a moment ago: opens what is waited for, in order. */
  growAll(upstream: Upstream, nowMs: number): void {
    this.grantDirect(upstream, nowMs);
    for (;;) {
      const { used } = upstream;
      const starved = upstream.longestStarved(nowMs);
      if (starved !== null) this.grow(starved, nowMs);
      if (upstream.used === used) return;
    }
  }

  growStarved(upstream: Upstream, nowMs: number): void {
    this.grantDirect(upstream, nowMs);
    const starved = upstream.longestStarved(nowMs);
    if (starved !== null) this.grow(starved, nowMs);
  }

  /** Opens what pools are to have ready, where slots are left that nobody waits for. Asked at each sweep, never by a client. */
  growAhead(upstream: Upstream, nowMs: number): void {
    growAhead(this.acts, upstream, nowMs);
  }

  /** A change (new credentials, new address) makes another attempt worthwhile at once. */
  retryNow(pool: Pool, nowMs: number): void {
    pool.failures = 0;
    pool.retryAtMs = 0;
    pool.circuit.retryNow();
    this.grow(pool, nowMs);
  }

  /** Somebody wants a slot for itself: granted at once, or when one is free and it is due, or not by its deadline. Returns how it leaves. */
  queueForSlot(upstream: Upstream, waiter: DirectWaiter, nowMs: number): () => void {
    upstream.directWaiters.push(waiter);
    this.grantDirect(upstream, nowMs);
    this.evictForDirect(upstream, nowMs);
    return () => {
      upstream.leaveQueue(waiter);
    };
  }

  /** The direct connection's server has sent its end of file. */
  directGone(upstream: Upstream, nowMs: number): void {
    upstream.direct--;
    upstream.giveSlot();
    this.growStarved(upstream, nowMs);
  }

  grantDirect(upstream: Upstream, nowMs: number): void {
    for (;;) {
      const at = upstream.directWaiters.findIndex((one) => isDue(one, nowMs));
      const waiter = upstream.directWaiters[at];
      if (waiter === undefined) return;
      // Who came first is served first, pooled or direct.
      const starved = upstream.longestStarved(nowMs)?.waiters.peek();
      if (starved !== undefined && starved !== null && starved.waitSinceMs < waiter.sinceMs) return;
      if (!upstream.takeDirectSlot(nowMs)) return;
      upstream.directWaiters.splice(at, 1);
      waiter.granted(true, nowMs);
    }
  }
}

/** Of all pools that want nothing themselves; of those that have no more than their minimum only if there is no other. */
function longestIdle(upstream: Upstream, except: Pool | null, nowMs: number): ServerSession | null {
  let oldest: ServerSession | null = null;
  let kept: ServerSession | null = null;
  for (const pool of upstream.pools) {
    if (pool === except || pool.waiters.length > 0) continue;
    const server = pool.longestIdle();
    if (server === null) continue;
    if (isAtMinimum(pool, nowMs)) kept = longerIdle(server, kept);
    else oldest = longerIdle(server, oldest);
  }
  return oldest ?? kept;
}

function longerIdle(server: ServerSession, other: ServerSession | null): ServerSession {
  return other === null || server.idleSinceMs < other.idleSinceMs ? server : other;
}
