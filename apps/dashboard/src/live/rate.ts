// How fast transactions end, from counters that grow and start anew when a process does.
import type { EndpointActivityReply } from '@weir/api-contract';

const windowMs = 5000;

type Reading = { readonly at: string; readonly totals: { readonly transactionsTotal: number } };

/** Over the last 5 s of readings, oldest first; null while there are too few or a counter has started anew. */
export function transactionsPerSecond(history: readonly (EndpointActivityReply | Reading)[]): number | null {
  const last = history.at(-1);
  if (last === undefined) return null;
  const lastMs = Date.parse(last.at);
  const first = history.find((reading) => lastMs - Date.parse(reading.at) <= windowMs);
  if (first === undefined || first === last) return null;
  const seconds = (lastMs - Date.parse(first.at)) / 1000;
  const ended = last.totals.transactionsTotal - first.totals.transactionsTotal;
  return seconds <= 0 || ended < 0 ? null : Math.round(ended / seconds);
}
