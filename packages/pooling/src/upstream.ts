// The budget of one Postgres server: how many connections Weir may hold there, who has them, who waits for one.
import { Ceiling } from './ceiling.ts';
import { Circuit } from './circuit.ts';
import type { ClientSession } from './client-session.ts';
import type { Refusal } from './close-reason.ts';
import type { Listener } from './listener.ts';
import type { Pool } from './pool.ts';
import { wantedAhead } from './pool-minimum.ts';
import { RetryPauses } from './retry-pause.ts';

/** A direct client that waits for a slot. */
export interface DirectWaiter {
  readonly sinceMs: number;
  readonly deadlineMs: number;
  /** A pooled client that is to have a server connection of its own; null: one of the direct host. */
  readonly client: ClientSession | null;
  /** Not served before; after a server could not be opened, it tries again. */
  readonly notBeforeMs: number;
  /** Not served while this allows no attempt. */
  readonly circuit: () => Circuit;
  /** Not served either while the operator holds what it is for. */
  readonly isPaused: () => boolean;
  /** Called once with true when a slot is theirs, with false when the deadline passed. */
  granted(slot: boolean, nowMs: number): void;
}

/** Closing a server and opening another in its place is over by then; rights are renewed long before they last no longer. */
const replacingMs = 2_000;

/** This process's part of a budget that several share. */
export interface Lease {
  /** Most slots it may have in use, less what it was asked to give back as soon as it can. */
  readonly most: number;
  /** More was asked for than there is. */
  readonly refused: boolean;
  /** Direct and pinned connections of the other processes. */
  readonly heldElsewhere: number;
  /** Whether new server connections may be begun at all. */
  hasOpenRight(nowMs: number): boolean;
  /** Somebody waits for a slot that this process has not. */
  want(): void;
  /** A slot would be used that nobody waits for, if it is to be had. */
  wantAhead(): void;
  /** A slot came free. */
  freed(): void;
  /** Another process waits for what this one can spare. */
  readonly isWantedElsewhere: boolean;
  /** A server is idle that could be spared. */
  idled(): void;
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
  /** Servers of any pool that were told to end and have not yet. */
  closing = 0;
  /** Null: this process alone has the whole budget. */
  lease: Lease | null = null;
  readonly ceiling = new Ceiling();
  /** Of pools whose own login was refused. */
  readonly pauses: RetryPauses;
  /** By the way in which the server is reached. */
  private readonly circuits = new Map<string, Circuit>();

  private readonly seed: string;

  /** `process` names the one that this is in: others are not to try again at the same moments. */
  constructor(id: string, budget: number, process = '') {
    this.id = id;
    this.seed = `${process} ${id}`;
    this.pauses = new RetryPauses(this.seed);
    this.budget = budget;
  }

  /**
   * What is known of the server as reached by `route`, such as a host with settings of TLS: where one way is broken,
   * another need not be.
   */
  circuitFor(route = ''): Circuit {
    const known = this.circuits.get(route);
    if (known !== undefined) return known;
    const inUse = new Set([...this.pools].map((pool) => pool.circuit));
    for (const [old, circuit] of this.circuits) if (!inUse.has(circuit)) this.circuits.delete(old);
    const circuit = new Circuit(`${this.seed} ${route}`);
    this.circuits.set(route, circuit);
    return circuit;
  }

  /** All of them that are in use. */
  allCircuits(): Iterable<Circuit> {
    return this.circuits.values();
  }

  /** Direct and pinned connections together stay below the budget, so that pooled clients always get on. */
  get heldMax(): number {
    return Math.max(1, this.budget - 1);
  }

  /** Direct and pinned connections, those of other processes included. */
  get holding(): number {
    return this.direct + this.pinned + (this.lease?.heldElsewhere ?? 0);
  }

  /** One more direct or pinned connection is within their cap. */
  get mayHold(): boolean {
    return this.holding < this.heldMax;
  }

  /** How many slots this process may have in use. */
  get most(): number {
    const { room } = this;
    return this.lease === null ? room : Math.min(room, this.lease.most);
  }

  /** What all processes together may have in use there, as far as this one knows. */
  private get room(): number {
    return Math.min(this.budget, this.ceiling.most);
  }

  /** How many servers this process has beyond that, and has not told to end. */
  get excess(): number {
    return this.used - this.closing - this.most;
  }

  /** Nothing is opened while it is not known what may be. */
  hasOpenRight(nowMs: number): boolean {
    return this.lease === null || this.lease.hasOpenRight(nowMs);
  }

  /**
   * A server that is closed now can be replaced. A right that is about to end is not being renewed: what serves is kept
   * then, whatever its age and whoever waits, since nothing might come in its place for as long as shared state is away.
   */
  mayReplace(nowMs: number): boolean {
    return this.hasOpenRight(nowMs + replacingMs);
  }

  /** A slot for one can only come from another connection of this process. */
  get isFull(): boolean {
    const { lease, most, used } = this;
    return used >= most && (lease === null || used >= this.room || lease.refused);
  }

  /** One connection may close for another to be opened, which is the only way. */
  mayTrade(nowMs: number): boolean {
    return this.isFull && this.mayReplace(nowMs);
  }

  takeSlot(nowMs: number): boolean {
    if (this.used >= this.most || !this.hasOpenRight(nowMs)) {
      if (this.used < this.room) this.lease?.want();
      return false;
    }
    this.used++;
    return true;
  }

  takeDirectSlot(nowMs: number): boolean {
    if (!this.mayHold || !this.takeSlot(nowMs)) return false;
    this.direct++;
    return true;
  }

  /** False: the waiter was not in the queue any more. */
  leaveQueue(waiter: DirectWaiter): boolean {
    const at = this.directWaiters.indexOf(waiter);
    if (at < 0) return false;
    this.directWaiters.splice(at, 1);
    return true;
  }

  /** How many direct or dedicated connections are wanted now that their own cap allows, and since when. */
  directWanted(nowMs: number): { readonly wanted: number; readonly sinceMs: number } {
    const due = this.directWaiters.filter((waiter) => isDue(waiter, nowMs));
    const wanted = Math.max(0, Math.min(due.length, this.heldMax - this.holding));
    return { wanted, sinceMs: due[0]?.sinceMs ?? nowMs };
  }

  giveSlot(): void {
    if (this.used === 0) throw new Error('a slot was given back that nobody had taken');
    this.used--;
    this.lease?.freed();
  }

  /** What a client of `pool` is refused with that has waited for too long. */
  waitTimeout({ paused, circuit }: Pool, waitMs: number, nowMs: number): Refusal {
    const { budget } = this;
    if (paused) return { kind: 'wait-timeout', waitMs, budget, cause: 'paused' };
    if (!this.hasOpenRight(nowMs)) return { kind: 'wait-timeout', waitMs, budget, cause: 'no-right' };
    const trouble = circuit.present;
    if (trouble !== null && trouble.kind !== 'full') return { kind: 'open-failed', cause: trouble.cause };
    if (trouble !== null || this.isAtCeiling)
      return { kind: 'wait-timeout', waitMs, budget, cause: 'server-full' };
    return { kind: 'wait-timeout', waitMs, budget, cause: this.isFull ? 'budget' : 'pool' };
  }

  /** The server itself has refused more than are in use. */
  get isAtCeiling(): boolean {
    return this.ceiling.most < this.budget && this.used >= this.ceiling.most;
  }

  /** Slots beyond those in use that somebody waits for, and for how long the first has. */
  wanted(nowMs: number): { readonly count: number; readonly waitMs: number } {
    const direct = this.directWanted(nowMs);
    let count = direct.wanted;
    let sinceMs = count > 0 ? direct.sinceMs : nowMs;
    for (const pool of this.pools) {
      const head = pool.waiters.peek();
      if (head === null || !pool.mayTry(nowMs)) continue;
      const more = Math.min(pool.waiters.length - pool.opening, pool.sizeMax - pool.sharedSize);
      if (more <= 0) continue;
      count += more;
      sinceMs = Math.min(sinceMs, head.waitSinceMs);
    }
    return { count: Math.min(count, Math.max(0, this.ceiling.most - this.used)), waitMs: nowMs - sinceMs };
  }

  /** Slots beyond those that would be used though nobody waits: for servers that pools keep open ahead of demand. */
  wantedAhead(nowMs: number): number {
    return wantedAhead(this, nowMs);
  }

  /** Idle servers that could be closed at once. */
  get idle(): number {
    let count = 0;
    for (const pool of this.pools) if (pool.waiters.length === 0) count += pool.idleServers().length;
    return count;
  }

  /** What each pool that wants servers may hold before it has to yield to one that holds less. */
  fairShare(): number {
    let wanting = 0;
    for (const pool of this.pools) if (pool.size > 0 || pool.waiters.length > 0) wanting++;
    return Math.max(1, Math.floor((this.most - this.direct) / Math.max(1, wanting)));
  }

  /** The pool that has waited longest for a first or further server it may still open, or null. */
  longestStarved(nowMs: number): Pool | null {
    let longest: Pool | null = null;
    let since = Number.POSITIVE_INFINITY;
    for (const pool of this.pools) {
      if (!pool.mayTry(nowMs)) continue;
      const head = pool.waiters.peek();
      if (head === null || head.waitSinceMs >= since) continue;
      if (pool.sharedSize >= pool.sizeMax || pool.opening >= pool.waiters.length) continue;
      longest = pool;
      since = head.waitSinceMs;
    }
    return longest;
  }
}

/** The waiter may be served now, as far as that is its own affair. */
export function isDue({ notBeforeMs, client, isPaused, circuit }: DirectWaiter, nowMs: number): boolean {
  if (notBeforeMs > nowMs || isPaused() || !circuit().mayBegin(nowMs)) return false;
  return client === null || client.pool.mayHold;
}
