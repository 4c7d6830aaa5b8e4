// What an upstream is known to have room for, learned from its own refusals (53300): below the budget others take the rest.

const raiseFirstMs = 1_000;
// A slot that others have given back stays unused no longer than this.
const raiseMostMs = 30_000;

/** Most server connections that this process tries to have there; no limit until the server has refused one. */
export class Ceiling {
  most = Number.POSITIVE_INFINITY;
  private raiseAtMs = 0;
  private changedAtMs = 0;
  private pauseMs = raiseFirstMs;
  private step = 1;

  /** The server refused one as full, begun at `beganAtMs`, while `others` of this process, of any kind, count there. */
  refused(others: number, beganAtMs: number, nowMs: number): void {
    // At least one, or nobody would ever see that there is room again.
    const most = Math.max(1, others);
    if (most >= this.most) return;
    // One that was begun under this ceiling has told what was known: the next comes later.
    if (this.most === Number.POSITIVE_INFINITY) this.pauseMs = raiseFirstMs;
    else if (beganAtMs >= this.changedAtMs) this.pauseMs = Math.min(raiseMostMs, this.pauseMs * 2);
    this.step = 1;
    this.set(most, nowMs);
  }

  /** One more was let in, so that `used` are there. */
  opened(used: number): void {
    if (used < this.most) return;
    this.pauseMs = raiseFirstMs;
    this.step *= 2;
  }

  /** What time alone does, with this budget. True: one more may be tried. */
  look(budget: number, nowMs: number): boolean {
    if (this.most === Number.POSITIVE_INFINITY || nowMs < this.raiseAtMs) return false;
    const most = this.most + this.step;
    this.set(most >= budget ? Number.POSITIVE_INFINITY : most, nowMs);
    return true;
  }

  private set(most: number, nowMs: number): void {
    this.most = most;
    this.changedAtMs = nowMs;
    this.raiseAtMs = nowMs + this.pauseMs;
  }
}
