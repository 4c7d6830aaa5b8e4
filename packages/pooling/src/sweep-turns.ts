// When it is time to look who has been silent for too long: not when the one who looks stood still itself.

/** A look that comes so much too late shows that the process stood still, or had more to do than it could. */
const lateMsMax = 500;
/** So long it then hears first what everybody said meanwhile: timers come before sockets, and all sockets at once are many. */
const hearingMs = 1_000;

/** The turns of one clock, which is asked every `eachMs` or so. */
export class SweepTurns {
  private readonly eachMs: number;
  private askedAtMs: number;
  private hearsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(eachMs: number, nowMs: number) {
    this.eachMs = eachMs;
    this.askedAtMs = nowMs;
  }

  /** Whether to sweep now. However late each turn is, one of any two comes: a busy process too ends who waits in vain. */
  isDue(nowMs: number): boolean {
    const lateMs = nowMs - this.askedAtMs - this.eachMs;
    const hears = nowMs < this.hearsUntilMs;
    const heard = !hears && this.hearsUntilMs > this.askedAtMs;
    this.askedAtMs = nowMs;
    if (hears) return false;
    if (heard || lateMs <= lateMsMax) return true;
    this.hearsUntilMs = nowMs + hearingMs;
    return false;
  }
}
