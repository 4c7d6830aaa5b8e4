// What is done when the server of an upstream cannot be reached, or can again: circuits and ceilings move, and clients are told.
import type { Attempt, Circuit } from './circuit.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { OpenFailure } from './effects.ts';
import type { Upstream } from './upstream.ts';

/** Of all upstreams; called with each attempt's end, by pools and for direct connections alike. */
export class Outages {
  private readonly dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher) {
    this.dispatcher = dispatcher;
  }

  /** The server let somebody in; the slot still counts. Whoever may go on now is served by the caller or the sweep. */
  answered(upstream: Upstream, attempt: Attempt, nowMs: number): void {
    upstream.ceiling.opened(upstream.used);
    this.move(upstream, attempt.circuit, attempt.circuit.opened(attempt, nowMs));
  }

  /** An attempt failed whose slot still counts. */
  failed(upstream: Upstream, attempt: Attempt, failure: OpenFailure, nowMs: number): void {
    const { circuit } = attempt;
    const { kind, cause } = failure;
    if (kind === 'no-right') return circuit.abandoned(attempt);
    const others = upstream.used - 1;
    if (kind === 'full') upstream.ceiling.refused(others, attempt.beganAtMs, nowMs);
    // A server that is full of ours has answered, and says all there is to say by the ceiling.
    const isAnswer = kind === 'refused' || (kind === 'full' && others > 0);
    const moved = isAnswer
      ? circuit.answered(attempt, nowMs)
      : circuit.failed(attempt, { kind, cause }, nowMs);
    this.move(upstream, circuit, moved);
  }

  /** Trouble that lasts is told to those who have waited since before the attempt that has just seen it again. */
  tell(upstream: Upstream, { circuit, beganAtMs }: Attempt, nowMs: number): void {
    if (!circuit.isLong(nowMs) || circuit.trouble === null || circuit.trouble.kind === 'full') return;
    const refusal = { kind: 'open-failed', cause: circuit.trouble.cause } as const;
    for (const pool of upstream.pools) {
      if (pool.circuit !== circuit || pool.paused || pool.sharedSize > 0) continue;
      for (;;) {
        const client = pool.waiters.peek();
        if (client === null || client.waitSinceMs > beganAtMs) break;
        this.dispatcher.refuse(client, refusal, nowMs);
      }
    }
    const told = upstream.directWaiters.filter(
      (waiter) => waiter.circuit() === circuit && waiter.sinceMs <= beganAtMs && !waiter.isPaused(),
    );
    for (const waiter of told) {
      // One that was told a moment ago may have taken others along.
      if (upstream.leaveQueue(waiter)) waiter.granted(false, nowMs);
    }
  }

  /** What time alone does. */
  look(upstream: Upstream, nowMs: number): void {
    upstream.ceiling.look(upstream.budget, nowMs);
    for (const circuit of upstream.allCircuits()) this.move(upstream, circuit, circuit.look(nowMs));
  }

  private move(upstream: Upstream, circuit: Circuit, moved: boolean): void {
    if (moved) this.dispatcher.effects.circuitChanged(upstream, circuit);
  }
}
