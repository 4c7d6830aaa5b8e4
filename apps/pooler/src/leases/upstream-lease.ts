// The lease of one upstream as the pooling core sees it, and what its next request says.
import {
  type LeaseAnswer,
  LeaseHolder,
  type LeaseProcess,
  type LeaseRequest,
  type OpenedServer,
  Untold,
} from '@weir/leases';
import type { Lease, Upstream } from '@weir/pooling';

/** Who waits in vain for more asks again so often; a note that something came free is faster. */
const retryEachMs = 100;
/** And so often while the memory of shared state has to be waited for. */
const closedRetryMs = 500;
/** Rights are kept warm: renewed so often, a little sooner or later in each process. */
const renewEachMs = 1_000;
/** That servers are idle others hear so often, if they wait for some. */
const idleTellEachMs = 20;
/** The database is looked at so often, by one process, whether all is as it should be. */
const watchEachMs = 60_000;
/** After a request that nobody answered. */
const failedRetryMs = 250;
/** Server connections are registered this soon after they were opened. */
const registerWithinMs = 50;

/** Joins an upstream of the pooling core with this process's rights there. */
export class UpstreamLease implements Lease {
  readonly upstream: Upstream;
  readonly holder: LeaseHolder;
  /** When it asks next, if nothing is wanted before. */
  nextAtMs = 0;
  private readonly now: () => number;
  private readonly wake: () => void;
  private short = false;
  private askedAtMs = Number.NEGATIVE_INFINITY;
  /** Nothing that is wanted makes it ask before. */
  private notBeforeMs = 0;
  private readonly untold = new Untold();

  /** `wake` asks for a look at all leases at the end of this turn. */
  constructor(upstream: Upstream, process: LeaseProcess, now: () => number, wake: () => void) {
    this.upstream = upstream;
    this.holder = new LeaseHolder(upstream.id, process);
    this.now = now;
    this.wake = wake;
    this.watchAtMs = now() + watchEachMs * Math.random();
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
    const now = this.now();
    this.askBy(Math.max(now, this.notBeforeMs));
    if (this.nextAtMs <= now && !this.holder.asking) this.wake();
  }

  freed(): void {
    if (!this.holder.mayGive(this.upstream.used)) return;
    this.askBy(this.now());
    this.wake();
  }

  get isWantedElsewhere(): boolean {
    return this.holder.isWantedElsewhere;
  }

  idled(): void {
    if (!this.inSpare) return;
    const now = this.now();
    this.askBy(Math.max(now, this.askedAtMs + idleTellEachMs));
    if (this.nextAtMs <= now && !this.holder.asking) this.wake();
  }

  /** Something could be given to others. */
  private get inSpare(): boolean {
    return this.holder.share > this.upstream.used || this.upstream.idle > 0;
  }

  /** Somebody waits elsewhere, or slots came free: `limit` as in a note. */
  noted(limit: number | null): void {
    if (limit !== null) this.holder.limited(limit);
    if (limit === null || this.inSpare) this.askBy(this.now());
  }

  serverOpened(server: OpenedServer): void {
    if (server.processId === 0) return;
    this.untold.serverOpened(server);
    this.askBy(this.now() + registerWithinMs);
  }

  serverGone(processId: number): void {
    this.untold.serverGone(processId);
  }

  /** No more than `charge` of a silent holder's server connections can be there. */
  proven(silent: NonNullable<LeaseRequest['silent']>): void {
    this.untold.proven(silent);
    this.askBy(this.now());
    this.wake();
  }

  /** The server was looked at, as has to be done once under each memory. */
  seen(checked: NonNullable<LeaseRequest['checked']>): void {
    this.untold.seen(checked);
    this.askBy(this.now());
    this.wake();
  }

  /** Times that more server connections of Weir's were seen than the budget in force allows. */
  overruns = 0;
  /** Sessions of Weir's roles past Weir, when the database was last looked at; null: not by this process. */
  foreignSessions: number | null = null;
  private watchAtMs: number;

  /** Slots that nobody can use until they are proven to be free: those of silent holders. */
  get quarantined(): number {
    return this.holder.silent(this.now()).reduce((sum, { charge }) => sum + charge, 0);
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
    return !this.holder.asking && nowMs >= this.nextAtMs && (this.inUse || this.holder.share > 0);
  }

  get inUse(): boolean {
    const { upstream } = this;
    return upstream.used > 0 || upstream.pools.size > 0 || upstream.directWaiters.length > 0;
  }

  /** The next request. `leaving`: nothing is wanted here any more. */
  ask(nonce: string, nowMs: number, leaving: boolean) {
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
        inUse: !leaving && this.inUse,
      },
      nonce,
      nowMs,
      told.proofs,
    );
    return { request, ...told };
  }

  /** Returns false if nothing has changed: no answer came, or one that a later request has overtaken. */
  answered(asked: ReturnType<UpstreamLease['ask']>, answer: LeaseAnswer | null, nowMs: number): boolean {
    const { request } = asked;
    if (answer === null) this.holder.unanswered(request);
    if (answer === null || !this.holder.answered(request, answer, nowMs)) {
      this.nextAtMs = nowMs + failedRetryMs * (1 + Math.random());
      this.notBeforeMs = this.nextAtMs;
      return false;
    }
    this.untold.answered(asked, answer.known);
    this.short = answer.share < request.keep + request.wanted;
    this.nextAtMs = nowMs + renewEachMs * (0.75 + Math.random() / 2);
    const pauseMs = answer.closed === null ? retryEachMs : closedRetryMs;
    // Nor is there anything to be had by asking at once while nobody may open.
    this.notBeforeMs = this.short || !answer.open ? nowMs + pauseMs : nowMs;
    if (this.short) this.askBy(this.notBeforeMs);
    if (this.untold.hasOpened) this.askBy(nowMs + registerWithinMs);
    const { reopenAtMs } = this.holder;
    if (reopenAtMs !== null) this.askBy(Math.max(this.notBeforeMs, reopenAtMs));
    if (this.holder.mayGive(this.upstream.used)) this.askBy(nowMs);
    return true;
  }

  private askBy(atMs: number): void {
    this.nextAtMs = Math.min(this.nextAtMs, atMs);
  }
}
