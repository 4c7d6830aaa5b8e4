// One process's side of the leases of one upstream: what it may have, may open, asks for, and gives back.
import type { EndedProcesses } from './ended-processes.ts';
import { type LeaseAnswer, type LeaseRequest, strangersHolder } from './rule.ts';
import { leaseMarginMs, leaseTtlMs, rightsOverMs, settledAfterEndMs } from './times.ts';

/** What the process has of the upstream just now. */
export interface HolderStanding {
  readonly budget: number;
  readonly used: number;
  readonly idle: number;
  readonly held: number;
  /** Slots beyond those in use for which somebody waits. */
  readonly wanted: number;
  readonly waitMs: number;
  /** Slots beyond those that would be used at once though nobody waits for them. */
  readonly ahead: number;
  /** Whether anybody uses the upstream here, so that it is worth having slots at hand. */
  readonly inUse: boolean;
}

/** A holder that can open nothing any more: it has said nothing for so long, or its process has ended. */
export interface SilentHolder {
  readonly holder: string;
  /** Of its last request. */
  readonly seq: number;
  /** Slots that stay its own until somebody has looked. */
  readonly charge: number;
  /** So long ago, at least, its last server connection was begun. */
  readonly begunMsAgo: number;
}

/** What all leases of one process share. */
export interface LeaseProcess {
  /** Its name as a holder, new at each start. */
  readonly id: string;
  /** When each memory that has to be waited for was first heard of. */
  readonly memories: Map<string, number>;
  readonly ended: EndedProcesses;
  /** Of its last request. One sequence for all, so that a lease given up and taken again goes on counting. */
  seq: number;
}

/** Longer than a few renewals take. */
const blindMs = rightsOverMs / 2;

const spareMost = 16;
/** One of so many slots of the budget is kept at hand by each process, if nobody wants it. */
const spareOf = 8;

/** The rights of one process at one upstream. `nowMs` is always its own monotonic clock. */
export class LeaseHolder {
  readonly upstream: string;
  private readonly process: LeaseProcess;
  /** Most slots it may have in use. */
  share = 0;
  /** What it was asked to come down to. */
  limit = Number.POSITIVE_INFINITY;
  /** Until then it may open. */
  openUntilMs = Number.NEGATIVE_INFINITY;
  /** Somebody waits for what it can spare. */
  isWantedElsewhere = false;
  /** The last answer, if there was any. */
  last: LeaseAnswer | null = null;
  private seq = 0;
  private sentAtMs: number | null = null;
  private closed: string | null = null;
  /** The memory under which the server has still to be looked at. */
  unchecked: string | null = null;
  private answeredAtMs = Number.NEGATIVE_INFINITY;
  private readonly seen = new Map<string, { seq: number; charge: number; sinceMs: number }>();

  constructor(upstream: string, process: LeaseProcess) {
    this.upstream = upstream;
    this.process = process;
  }

  /** Whether another server connection may be opened while `used` are in use; asked again as its startup packet is written. */
  mayOpen(used: number, nowMs: number): boolean {
    return used < Math.min(this.share, this.limit) && this.hasOpenRight(nowMs);
  }

  hasOpenRight(nowMs: number): boolean {
    return nowMs < this.openUntilMs;
  }

  /** A request is under way, and its answer will be heard. */
  get asking(): boolean {
    return this.sentAtMs !== null;
  }

  /** It has something to give back that others wait for. */
  mayGive(used: number): boolean {
    return this.share > Math.max(used, this.limit);
  }

  /**
   * The next request, as sent at `nowMs`; the answer to any before it is not heard any more. What it does not keep is
   * given up in this turn, so that it can't be used any more when others get it.
   */
  ask(
    standing: HolderStanding,
    nonce: string,
    nowMs: number,
    proofs: Pick<LeaseRequest, 'silent' | 'checked'> = { silent: null, checked: null },
  ): LeaseRequest {
    const { budget, used, idle, held, wanted, waitMs, ahead, inUse } = standing;
    const atHand = Math.min(spareMost, Math.floor(budget / spareOf));
    const spare = inUse && this.limit >= this.share ? atHand + ahead : 0;
    const keep = Math.max(used, Math.min(this.share, used + wanted + spare, this.limit));
    this.share = keep;
    this.sentAtMs = nowMs;
    this.seq = ++this.process.seq;
    const { reopenAtMs } = this;
    return {
      upstream: this.upstream,
      holder: this.process.id,
      seq: this.seq,
      budget,
      keep,
      used,
      idle,
      held,
      wanted: Math.max(0, used + wanted - keep),
      waitMs: Math.round(waitMs),
      spare: Math.max(0, spare - Math.max(0, keep - used - wanted)),
      nonce,
      reopen: reopenAtMs !== null && nowMs >= reopenAtMs ? this.closed : null,
      ...proofs,
    };
  }

  /** No answer came in time: what is open stays, and the right to open goes on only as long as it was given. */
  unanswered(request: LeaseRequest): void {
    if (request.seq === this.seq) this.sentAtMs = null;
  }

  /** Returns false if the answer is not to the last request. */
  answered(request: LeaseRequest, answer: LeaseAnswer, nowMs: number): boolean {
    if (request.seq !== this.seq || this.sentAtMs === null) return false;
    const sentAtMs = this.sentAtMs;
    this.sentAtMs = null;
    if (!answer.current) return false;
    this.last = answer;
    this.share = answer.share;
    this.limit = answer.limit < answer.share ? answer.limit : Number.POSITIVE_INFINITY;
    this.openUntilMs = answer.open ? sentAtMs + leaseTtlMs - leaseMarginMs : Number.NEGATIVE_INFINITY;
    this.closed = answer.closed;
    this.isWantedElsewhere = answer.wantedElsewhere > 0;
    this.unchecked = answer.unchecked;
    const { memories } = this.process;
    if (answer.closed !== null && !memories.has(answer.closed)) memories.set(answer.closed, nowMs);
    this.watch(answer, nowMs);
    return true;
  }

  /** Somebody waits elsewhere: it is to come down to `limit`, unless that is all it has. */
  limited(limit: number): void {
    if (limit < this.share) this.limit = Math.min(this.limit, limit);
    this.isWantedElsewhere = true;
  }

  /** When a closed memory may be opened again, or null. */
  get reopenAtMs(): number | null {
    const since = this.closed === null ? undefined : this.process.memories.get(this.closed);
    return since === undefined ? null : since + rightsOverMs;
  }

  /** Holders of which no right to open can be left, as they have said nothing for so long, or have ended. */
  silent(nowMs: number): SilentHolder[] {
    const silent: SilentHolder[] = [];
    for (const [holder, { seq, charge, sinceMs }] of this.seen) {
      const begunMsAgo = charge === 0 ? null : this.begunMsAgo(holder, nowMs - sinceMs, nowMs);
      if (begunMsAgo !== null) silent.push({ holder, seq, charge, begunMsAgo });
    }
    return silent;
  }

  /** How long ago a holder can have begun a server connection at the latest; null: it may yet begin one. */
  private begunMsAgo(holder: string, silentMs: number, nowMs: number): number | null {
    const endedForMs = this.process.ended.endedForMs(holder, nowMs);
    if (endedForMs !== null && endedForMs >= settledAfterEndMs) return endedForMs - settledAfterEndMs;
    return silentMs >= rightsOverMs ? silentMs - leaseTtlMs : null;
  }

  /** Of the holders that have something and are heard, its name comes first: what one of them is to do is its to do. */
  isFirst(nowMs: number): boolean {
    const silent = new Set(this.silent(nowMs).map(({ holder }) => holder));
    const others = this.last?.others ?? [];
    return !others.some(
      ({ holder, charge }) =>
        charge > 0 && holder !== strangersHolder && !silent.has(holder) && holder < this.process.id,
    );
  }

  /** Who was itself without answers cannot say that others were silent: perhaps nobody could reach shared state. */
  private watch({ others }: LeaseAnswer, nowMs: number): void {
    if (nowMs - this.answeredAtMs >= blindMs) this.seen.clear();
    this.answeredAtMs = nowMs;
    const present = new Set(others.map(({ holder }) => holder));
    for (const holder of this.seen.keys()) if (!present.has(holder)) this.seen.delete(holder);
    for (const { holder, seq, charge } of others) {
      const known = this.seen.get(holder);
      if (known?.seq === seq) known.charge = charge;
      else this.seen.set(holder, { seq, charge, sinceMs: nowMs });
    }
  }
}
