// The minimum of a pool: server connections that it keeps open whether or not anybody needs them just now, and opens ahead of demand.
import type { GrowthActs } from './growth.ts';
import type { Pool } from './pool.ts';
import type { Upstream } from './upstream.ts';

/** Of one upstream at a time: clients that wait are to find the server's logins free. */
const openingAheadMax = 4;
/** After a login that was refused, nothing is opened ahead for so long: nobody has asked for it. */
const aheadPauseMs = 30_000;

/**
 * How many shared servers the pool keeps: while it has clients, and after the last has left for as long as a server may
 * be idle. None in session mode, where servers are opened with their client's own startup values.
 */
export function sizeKept(pool: Pool, nowMs: number): number {
  const { sizeMin, mode, serverIdleTimeoutMs } = pool.settings;
  if (sizeMin === 0 || mode === 'session') return 0;
  if (pool.clients === 0 && nowMs - pool.leftAtMs >= serverIdleTimeoutMs) return 0;
  return Math.min(sizeMin, pool.sizeMax);
}

/** The pool has no more than it keeps: idle servers of others are closed before its own. */
export function isAtMinimum(pool: Pool, nowMs: number): boolean {
  const kept = sizeKept(pool, nowMs);
  return kept > 0 && pool.sharedOpen <= kept;
}

/** Servers that the pool is short of its minimum and may have, as far as that is its own affair. */
function missingOf(pool: Pool, nowMs: number): number {
  const kept = sizeKept(pool, nowMs);
  if (kept === 0 || !pool.opens || pool.circuit.state !== 'closed') return 0;
  if (pool.failures > 0 && nowMs < pool.retryAtMs + aheadPauseMs) return 0;
  return Math.max(0, Math.min(kept - pool.sharedOpen, pool.sizeMax - pool.sharedSize));
}

/** Slots that could be used ahead of demand. None while the server itself has lately refused more. */
export function wantedAhead(upstream: Upstream, nowMs: number): number {
  if (upstream.ceiling.most < upstream.budget) return 0;
  let count = 0;
  for (const pool of upstream.pools) count += missingOf(pool, nowMs);
  return Math.min(count, Math.max(0, upstream.budget - upstream.used));
}

/**
 * Opens servers that pools are short of, as far as there are slots that nobody waits for, here or in another process:
 * nothing is closed for them. A slot that this process has not is asked for as one to have at hand.
 */
export function growAhead(acts: GrowthActs, upstream: Upstream, nowMs: number): void {
  let missing = wantedAhead(upstream, nowMs);
  if (missing === 0 || isWaitedFor(upstream, nowMs)) return;
  let opening = 0;
  for (const pool of upstream.pools) opening += pool.opening;
  for (; missing > 0 && opening < openingAheadMax; missing--, opening++) {
    const pool = emptiest(upstream, nowMs);
    if (pool === null) return;
    if (!hasSlotToSpare(upstream, nowMs)) {
      upstream.lease?.wantAhead();
      return;
    }
    if (upstream.takeSlot(nowMs)) acts.open(pool, nowMs);
  }
}

function isWaitedFor(upstream: Upstream, nowMs: number): boolean {
  return upstream.longestStarved(nowMs) !== null || upstream.directWanted(nowMs).wanted > 0;
}

function hasSlotToSpare(upstream: Upstream, nowMs: number): boolean {
  const { lease, used, most } = upstream;
  return used < most && upstream.hasOpenRight(nowMs) && !lease?.isWantedElsewhere;
}

/** Of the pools that are short of their minimum, the one that has the smallest part of it. */
function emptiest(upstream: Upstream, nowMs: number): Pool | null {
  let found: Pool | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const pool of upstream.pools) {
    if (missingOf(pool, nowMs) === 0) continue;
    const part = pool.sharedOpen / sizeKept(pool, nowMs);
    if (part >= least) continue;
    least = part;
    found = pool;
  }
  return found;
}
