// From the suspicion that a text raises to the reason why its server connection stays with the client.
import { Suspicion, shownState } from '@weir/sql';
import type { PinReason } from './close-reason.ts';

// The gravest first, as the parser decides it: what no probe can show, then what one can, then what is no pin by itself.
const reasons: readonly (readonly [number, PinReason])[] = [
  [Suspicion.Seed, 'seed'],
  [Suspicion.Replication, 'replication'],
  [Suspicion.NestedConnection, 'nested-connection'],
  [Suspicion.Statistics, 'statistics'],
  [Suspicion.SetConfig, 'set-config'],
  [Suspicion.SetInsideDo, 'set'],
  [Suspicion.TempObject, 'temp-object'],
  [Suspicion.AdvisoryLock, 'advisory-lock'],
  [Suspicion.HoldCursor, 'hold-cursor'],
  [Suspicion.SequenceState, 'sequence-state'],
];

/** State whose end a probe can prove. */
export const provable: ReadonlySet<PinReason> = new Set([...shownState, 'startup-values']);

/** The pin reason for bits of {@link Suspicion}, or null for none. */
export function pinReasonOf(suspicion: number): PinReason | null {
  if (suspicion === 0) return null;
  for (const [bit, reason] of reasons) if ((suspicion & bit) !== 0) return reason;
  return null;
}
