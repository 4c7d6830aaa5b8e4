// The lease of one upstream as the pooling core sees it: when it asks next, and what it says then.
import { LeaseHolder, type LeaseProcess, type SilentHolder } from './holder.ts';
import type { LeaseQueue } from './lease-queue.ts';
import type { LeaseAnswer, LeaseRequest } from './rule.ts';
import { type OpenedServer, type Told, Untold } from './untold.ts';

/** Who waits in vain for more asks again so often; a note that something came free is faster. */
const retryEachMs = 100;
/** And so often while the memory of shared state has to be waited for. */
const closedRetryMs = 500;
/** Rights are kept warm: renewed so often, a little sooner or later in each process. */
const renewEachMs = 1_000;
/** Where nothing is open and nobody wanted anything for so long, nothing is kept at hand and nothing renewed. */
const quietAfterMs = 3_000;
/** That servers are idle others hear so often, if they wait for some. */
const idleTellEachMs = 20;
/** The database is looked at so often, by one process, whether all is as it should be. */
const watchEachMs = 60_000;
/** After a request that nobody answered. */
const failedRetryMs = 250;
/** Server connections are registered this soon after they were opened. */
const registerWithinMs = 50;

/** What a lease must know of its upstream; that of the pooling core has it all. Counts are of slots of this process. */
export interface LeasedUpstream {
  readonly id: string;
  readonly budget: number;
  readonly used: number;
  readonly idle: number;
  readonly direct: number;
  readonly pinned: number;
  readonly pools: { readonly size: number };
  readonly directWaiters: { readonly length: number };
  /** Slots beyond those in use that somebody waits for, and for how long the first has. */
  wanted(nowMs: number): { readonly count: number; readonly waitMs: number };
  /** Slots beyond those that would be used at once though nobody waits for them. */
  wantedAhead(nowMs: number): number;
}

/** One request, with what else goes out beside it. */
export interface LeaseAsked extends Told {
  readonly request: LeaseRequest;
}

/** What a lease has of the process around it. */
export interface LeaseSurroundings<U extends LeasedUpstream> {
  /** Where all leases of the process stand that have something to ask. */
  readonly queue: LeaseQueue<UpstreamLease<U>>;
  /** Its monotonic clock, in ms. */
  now(): number;
  /** At least 0, less than 1: so that processes do not all ask at the same moment. */
  random(): number;
  /** Asks for a look at all leases at the end of this turn. */
  wake(): void;
}

/** Joins an upstream of the pooling core with this process's rights there. */
export class UpstreamLease<U extends LeasedUpstream = LeasedUpstream> {
  readonly upstream: U;
  readonly holder: LeaseHolder;
  /** When it asks next, if nothing is wanted before. */
  nextAtMs = 0;
  queuedAtMs = Number.POSITIVE_INFINITY;
  private readonly around: LeaseSurroundings<U>;
  private short = false;
  private wantedAtMs: number;
  private askedAtMs = Number.NEGATIVE_INFINITY;
  /** Nothing that is wanted makes it ask before. */
  private notBeforeMs = 0;
  private readonly untold = new Untold();

  constructor(upstream: U, process: LeaseProcess, around: LeaseSurroundings<U>) {
    this.upstream = upstream;
    this.holder = new LeaseHolder(upstream.id, process);
    this.around = around;
    this.wantedAtMs = around.now();
    around.queue.put(this);
    this.watchAtMs = this.wantedAtMs + watchEachMs * around.random();
  }

  get most(): number {
    return Math.min(this.holder.share, this.holder.limit);
  }

  get refused(): boolean {
    return this.short;
  }

  get heldElsewhere(): number {
    return this.holder.last?.heldElsewhere ?? 0;
  }

  hasOpenRight(nowMs: number): boolean {
    return this.holder.hasOpenRight(nowMs);
  }

  want(): void {
    const now = this.around.now();
    this.wantedAtMs = now;
    this.askBy(Math.max(now, this.notBeforeMs));
    if (this.nextAtMs <= now && !this.holder.asking) this.around.wake();
  }

  /** No sooner than rights are renewed anyway: nobody waits. */
  wantAhead(): void {
    const now = this.around.now();
    this.wantedAtMs = now;
    this.askBy(Math.max(now, this.askedAtMs + renewEachMs));
  }

  freed(): void {
    if (!this.holder.mayGive(this.upstream.used)) return;
    this.askBy(this.around.now());
    this.around.wake();
  }

  get isWantedElsewhere(): boolean {
    return this.holder.isWantedElsewhere;
  }

  idled(): void {
    if (!this.inSpare) return;
    const now = this.around.now();
    this.askBy(Math.max(now, this.askedAtMs + idleTellEachMs));
    if (this.nextAtMs <= now && !this.holder.asking) this.around.wake();
  }

  /** Something could be given to others. */
  private get inSpare(): boolean {
    return this.holder.share > this.upstream.used || this.upstream.idle > 0;
  }

  /** Somebody waits elsewhere, or slots came free: `limit` as in a note. */
  noted(limit: number | null): void {
    if (limit !== null) this.holder.limited(limit);
    if (limit === null || this.inSpare) this.askBy(this.around.now());
  }

  serverOpened(server: OpenedServer): void {
    if (server.processId === 0) return;
    this.untold.serverOpened(server);
    this.askBy(this.around.now() + registerWithinMs);
  }

  serverGone(processId: number): void {
    this.untold.serverGone(processId);
  }

  /** No more than `charge` of a silent holder's server connections can be there. */
  proven(silent: NonNullable<LeaseRequest['silent']>): void {
    this.untold.proven(silent);
    this.askBy(this.around.now());
    this.around.wake();
  }

  /** The server was looked at, as has to be done once under each memory. */
  seen(checked: NonNullable<LeaseRequest['checked']>): void {
    this.untold.seen(checked);
    this.askBy(this.around.now());
    this.around.wake();
  }

  /** Times that more server connections of Weir's were seen than the budget in force allows. */
  overruns = 0;
  /** Sessions of Weir's roles past Weir, when the database was last looked at; null: not by this process. */
  foreignSessions: number | null = null;
  private watchAtMs: number;

  /** Slots that nobody can use until they are proven to be free: those of silent holders. */
  get quarantined(): number {
    return this.holder.silent(this.around.now()).reduce((sum, { charge }) => sum + charge, 0);
  }

  /**
   * A silent holder that is to be looked for now, or null. One that cannot be heard may serve clients all the same: it
   * is left alone until its slots are needed.
   */
  silentInTheWay(nowMs: number): SilentHolder | null {
    return this.refused ? (this.holder.silent(nowMs)[0] ?? null) : null;
  }

  /** True for one of the processes that use the upstream, now and then. */
  isWatchDue(nowMs: number): boolean {
    return nowMs >= this.watchAtMs && this.upstream.used > 0 && this.holder.isFirst(nowMs);
  }

  /** Returns whether there were too many. */
  watched(count: number, foreign: number, nowMs: number): boolean {
    this.watchAtMs = nowMs + watchEachMs;
    this.foreignSessions = foreign;
    const isOver = this.holder.last !== null && count > this.holder.last.budget;
    if (isOver) this.overruns++;
    return isOver;
  }

  isDue(nowMs: number): boolean {
    return !this.holder.asking && nowMs >= this.nextAtMs && (this.isWarm(nowMs) || this.holder.share > 0);
  }

  /** In use so that it is worth having slots at hand: clients that are all idle, and no server, are not. */
  private isWarm(nowMs: number): boolean {
    const { used, directWaiters } = this.upstream;
    if (used > 0 || directWaiters.length > 0) return true;
    return this.inUse && nowMs - this.wantedAtMs < quietAfterMs;
  }

  get inUse(): boolean {
    const { upstream } = this;
    return upstream.used > 0 || upstream.pools.size > 0 || upstream.directWaiters.length > 0;
  }

  /** The next request. `leaving`: nothing is wanted here any more. */
  ask(nonce: string, nowMs: number, leaving: boolean): LeaseAsked {
    const { upstream } = this;
    const { count, waitMs } = upstream.wanted(nowMs);
    this.askedAtMs = nowMs;
    const told = this.untold.tell();
    const request = this.holder.ask(
      {
        budget: upstream.budget,
        used: upstream.used,
        idle: upstream.idle,
        held: upstream.direct + upstream.pinned,
        wanted: leaving ? 0 : count,
        waitMs,
        ahead: leaving ? 0 : upstream.wantedAhead(nowMs),
        inUse: !leaving && this.isWarm(nowMs),
      },
      nonce,
      nowMs,
      told.proofs,
    );
    return { request, ...told };
  }

  /** Returns false if nothing has changed: no answer came, or one that a later request has overtaken. */
  answered(asked: LeaseAsked, answer: LeaseAnswer | null, nowMs: number): boolean {
    const { request } = asked;
    if (answer === null) this.holder.unanswered(request);
    if (answer === null || !this.holder.answered(request, answer, nowMs)) {
      this.nextAtMs = nowMs + failedRetryMs * (1 + this.around.random());
      this.notBeforeMs = this.nextAtMs;
      this.around.queue.put(this);
      return false;
    }
    this.untold.answered(asked, answer.known);
    this.short = answer.share < request.keep + request.wanted;
    this.nextAtMs = nowMs + renewEachMs * (0.75 + this.around.random() / 2);
    const pauseMs = answer.closed === null ? retryEachMs : closedRetryMs;
    // Nor is there anything to be had by asking at once while nobody may open.
    this.notBeforeMs = this.short || !answer.open ? nowMs + pauseMs : nowMs;
    if (this.short) this.askBy(this.notBeforeMs);
    if (this.untold.hasOpened) this.askBy(nowMs + registerWithinMs);
    const { reopenAtMs } = this.holder;
    if (reopenAtMs !== null) this.askBy(Math.max(this.notBeforeMs, reopenAtMs));
    if (this.holder.mayGive(this.upstream.used)) this.askBy(nowMs);
    this.around.queue.put(this);
    return true;
  }

  private askBy(atMs: number): void {
    this.nextAtMs = Math.min(this.nextAtMs, atMs);
    this.around.queue.put(this);
  }
}
