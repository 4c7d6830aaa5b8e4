// From the suspicion that a text raises to the reason why its server connection stays with the client.
import { Suspicion, shownState } from '@weir/sql';
import type { PinReason } from './close-reason.ts';

const reasons: readonly (readonly [number, PinReason])[] = [
  [Suspicion.TempObject, 'temp-object'],
  [Suspicion.AdvisoryLock, 'advisory-lock'],
  [Suspicion.SetConfig, 'set-config'],
  [Suspicion.SetInsideDo, 'set'],
  [Suspicion.HoldCursor, 'hold-cursor'],
  [Suspicion.Seed, 'seed'],
  [Suspicion.SequenceState, 'sequence-state'],
  [Suspicion.Replication, 'replication'],
  [Suspicion.NestedConnection, 'nested-connection'],
  [Suspicion.Statistics, 'statistics'],
];

/** State whose end a probe can prove. */
export const provable: ReadonlySet<PinReason> = new Set([...shownState, 'startup-values']);

/** The pin reason for bits of {@link Suspicion}, or null for none. */
export function pinReasonOf(suspicion: number): PinReason | null {
  if (suspicion === 0) return null;
  for (const [bit, reason] of reasons) if ((suspicion & bit) !== 0) return reason;
  return null;
}
