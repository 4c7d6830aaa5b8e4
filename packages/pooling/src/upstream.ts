// The budget of one Postgres server: how many connections Weir may hold there, who has them, who waits for one.
import type { ClientSession } from './client-session.ts';
import type { Listener } from './listener.ts';
import type { Pool } from './pool.ts';

/** A direct client that waits for a slot. */
export interface DirectWaiter {
  readonly sinceMs: number;
  readonly deadlineMs: number;
  /** A pooled client that is to have a server connection of its own; null: one of the direct host. */
  readonly client: ClientSession | null;
  /** Not served before; after a server that had no slot free, it tries again. */
  readonly notBeforeMs: number;
  /** Called once with true when a slot is theirs, with false when the deadline passed. */
  granted(slot: boolean, nowMs: number): void;
}

/**
 * Slots of one upstream. A slot is taken before dial and given back when the server's own end of file was read, by
 * pools, pins and direct connections alike.
 */
export class Upstream {
  readonly id: string;
  budget: number;
  /** Slots taken, of all kinds. */
  used = 0;
  direct = 0;
  pinned = 0;
  readonly pools = new Set<Pool>();
  readonly directWaiters: DirectWaiter[] = [];
  /** Those that listen for the clients of a database, by its name. */
  readonly listeners = new Map<string, Listener>();
  /** Servers of any pool that are closing to make room for somebody. */
  evictionsUnderWay = 0;

  constructor(id: string, budget: number) {
    this.id = id;
    this.budget = budget;
  }

  /** Direct and pinned connections together stay below the budget, so that pooled clients always get on. */
  get heldMax(): number {
    return Math.max(1, this.budget - 1);
  }

  /** One more direct or pinned connection is within their cap. */
  get mayHold(): boolean {
    return this.direct + this.pinned < this.heldMax;
  }

  takeSlot(): boolean {
    if (this.used >= this.budget) return false;
    this.used++;
    return true;
  }

  takeDirectSlot(): boolean {
    if (!this.mayHold || !this.takeSlot()) return false;
    this.direct++;
    return true;
  }

  /** How many direct or dedicated connections are wanted now that their own cap allows, and since when. */
  directWanted(nowMs: number): { readonly wanted: number; readonly sinceMs: number } {
    const due = this.directWaiters.filter(
      ({ notBeforeMs, client }) => notBeforeMs <= nowMs && (client === null || client.pool.mayHold),
    );
    const wanted = Math.min(due.length, this.heldMax - this.direct - this.pinned);
    return { wanted, sinceMs: due[0]?.sinceMs ?? nowMs };
  }

  giveSlot(): void {
    if (this.used === 0) throw new Error('a slot was given back that nobody had taken');
    this.used--;
  }

  /** What each pool that wants servers may hold before it has to yield to one that holds less. */
  fairShare(): number {
    let wanting = 0;
    for (const pool of this.pools) if (pool.size > 0 || pool.waiters.length > 0) wanting++;
    return Math.max(1, Math.floor((this.budget - this.direct) / Math.max(1, wanting)));
  }

  /** The pool that has waited longest for a first or further server it may still open, or null. */
  longestStarved(nowMs: number): Pool | null {
    let longest: Pool | null = null;
    let since = Number.POSITIVE_INFINITY;
    for (const pool of this.pools) {
      if (pool.closed !== null || pool.retryAtMs > nowMs) continue;
      const head = pool.waiters.peek();
      if (head === null || head.waitSinceMs >= since) continue;
      if (pool.sharedSize >= pool.sizeMax || pool.opening >= pool.waiters.length) continue;
      longest = pool;
      since = head.waitSinceMs;
    }
    return longest;
  }
}
