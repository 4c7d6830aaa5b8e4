// The circuit of an upstream: after an attempt to reach it failed, how many attempts may be under way, and when the next begins.
import { RetryPauses } from './retry-pause.ts';

/** Why the whole upstream, and not one login, refuses. `full`: nobody gets in at all. */
export type TroubleKind = 'unreachable' | 'starting' | 'full';

export interface Trouble {
  readonly kind: TroubleKind;
  /** What the app tells the clients concerned. */
  readonly cause: unknown;
}

/**
 * `closed`: as many as are wanted. `open`: one at a time, later each time. `recovering`: one more with each that
 * succeeds, so that those who waited do not all come at once.
 */
export type CircuitState = 'closed' | 'open' | 'recovering';

/** One try to open a server connection, from before dial until it is known what became of it. */
export interface Attempt {
  readonly circuit: Circuit;
  /** Attempts that were begun before the circuit last opened say nothing about what it is now. */
  readonly round: number;
  readonly beganAtMs: number;
}

/** So many at a time is no slow start any more. */
const recoveredAt = 16;
/** Where nobody wants so many, this long without a failure is enough. */
const recoveredAfterMs = 10_000;
/** Trouble that lasts no longer is waited out; afterwards clients are told as soon as it is seen to go on. */
export const shortTroubleMs = 30_000;

/** Shared by all pools and direct connections that reach their server in the same way. */
export class Circuit {
  state: CircuitState = 'closed';
  /** Of the last failed attempt; null while the circuit is closed. */
  trouble: Trouble | null = null;
  /** When the state that holds began. */
  sinceMs = 0;
  /** When trouble began; it goes on until the circuit is closed. */
  troubleSinceMs = 0;
  /** Times that it opened from `closed`. */
  opens = 0;
  /** Last time that the server was seen to let somebody in, and how long that took; -1: never. */
  openedAtMs = -1;
  openMs = -1;
  private retryAtMs = 0;
  private failures = 0;
  private round = 0;
  private underWay = 0;
  private allowed = 0;
  private readonly pauses: RetryPauses;

  /** `seed`: another one for each process and way, whose attempts are not to fall together. */
  constructor(seed = '') {
    this.pauses = new RetryPauses(seed);
  }

  /** One more attempt may begin. */
  mayBegin(nowMs: number): boolean {
    if (this.state === 'closed') return true;
    if (this.state === 'open') return this.underWay === 0 && nowMs >= this.retryAtMs;
    return this.underWay < this.allowed;
  }

  begin(nowMs: number): Attempt {
    this.underWay++;
    return { circuit: this, round: this.round, beganAtMs: nowMs };
  }

  /** The server let it in. True: the state is another one now. */
  opened(attempt: Attempt, nowMs: number): boolean {
    this.openedAtMs = nowMs;
    this.openMs = nowMs - attempt.beganAtMs;
    return this.answered(attempt, nowMs);
  }

  /** The server let it in, or had a reason that concerns this login alone. True: the state is another one now. */
  answered(attempt: Attempt, nowMs: number): boolean {
    if (!this.end(attempt) || this.state === 'closed') return false;
    this.failures = 0;
    if (this.state === 'open') {
      this.allowed = 2;
      return this.enter('recovering', nowMs);
    }
    this.allowed++;
    return this.allowed >= recoveredAt && this.close(nowMs);
  }

  /** True: the state is another one now. */
  failed(attempt: Attempt, trouble: Trouble, nowMs: number): boolean {
    if (!this.end(attempt)) return false;
    this.trouble = trouble;
    this.failures++;
    this.retryAtMs = nowMs + this.pauses.afterMs(this.failures);
    if (this.state === 'open') return false;
    if (this.state === 'closed') {
      this.opens++;
      this.troubleSinceMs = nowMs;
    }
    this.round++;
    this.underWay = 0;
    return this.enter('open', nowMs);
  }

  /** Given up here before anything could be seen. */
  abandoned(attempt: Attempt): void {
    this.end(attempt);
  }

  /** What time alone does. True: the state is another one now. */
  look(nowMs: number): boolean {
    if (this.state !== 'recovering' || nowMs - this.sinceMs < recoveredAfterMs) return false;
    return this.close(nowMs);
  }

  /** Something has changed that makes an attempt worthwhile at once. */
  retryNow(): void {
    this.retryAtMs = 0;
  }

  /** What keeps everybody out now; null: some get in. */
  get present(): Trouble | null {
    return this.state === 'open' ? this.trouble : null;
  }

  /** Trouble has lasted for so long that clients are better told than kept waiting. */
  isLong(nowMs: number): boolean {
    return this.state === 'open' && nowMs - this.troubleSinceMs >= shortTroubleMs;
  }

  private close(nowMs: number): true {
    this.trouble = null;
    return this.enter('closed', nowMs);
  }

  private enter(state: CircuitState, nowMs: number): true {
    this.state = state;
    this.sinceMs = nowMs;
    return true;
  }

  /** False: it was begun before the circuit last opened. */
  private end({ round }: Attempt): boolean {
    if (round !== this.round) return false;
    this.underWay--;
    return true;
  }
}
