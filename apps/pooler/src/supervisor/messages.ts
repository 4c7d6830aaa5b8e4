// What a supervisor and its pooler processes say to each other over the channel between them.
import type { MetricValues } from '@weir/telemetry';

/** A process beats this often, ms; one that has been silent for `beatSilenceMsMax` is killed. */
export const beatEachMs = 500;
export const beatSilenceMsMax = 3_000;

export type ToSupervisor =
  /** It serves clients. Said once. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'beat' }
  | { readonly kind: 'metrics'; readonly metrics: readonly MetricValues[] };

export type ToProcess =
  /** Finish and end. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'metrics' }
  /** These have ended, as their supervisor has seen by waiting for it: not that they were silent, or were told to. */
  | { readonly kind: 'ended'; readonly processIds: readonly string[] };
