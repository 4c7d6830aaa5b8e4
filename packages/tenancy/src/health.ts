// The health of an endpoint's database as Weir sees it: what was seen, and when that makes another state of it.

export const healthStates = ['unknown', 'healthy', 'failing', 'unreachable'] as const;
/** `failing`: it answers, and lets Weir not in. `unreachable`: nothing that answers as a Postgres should. */
export type HealthState = (typeof healthStates)[number];

/** What was seen once, by poolers or by a check. */
export interface Observation {
  readonly state: Exclude<HealthState, 'unknown'>;
  /** The problem type of the API that names the cause; null while healthy. */
  readonly code: string | null;
  /** From dial to the first answer after login; null: nothing was opened lately. */
  readonly latencyMs: number | null;
  readonly by: 'traffic' | 'check';
}

/** Times are ISO 8601. */
export interface EndpointHealth {
  readonly state: HealthState;
  /** Since when it is in that state; null while unknown. */
  readonly since: string | null;
  readonly code: string | null;
  readonly latencyMs: number | null;
  /** When somebody last looked, and by what; null: nobody has. */
  readonly seenAt: string | null;
  readonly seenBy: Observation['by'] | null;
  /** When the database was last asked for its limits by a check of its own. */
  readonly checkedAt: string | null;
  /** What speaks against the state that holds, and since when. */
  readonly doubt: { readonly state: HealthState; readonly since: string } | null;
}

export const unknownHealth: EndpointHealth = {
  state: 'unknown',
  since: null,
  code: null,
  latencyMs: null,
  seenAt: null,
  seenBy: null,
  checkedAt: null,
  doubt: null,
};

/** The state changes only when two looks at least this far apart agree: a restart of a few seconds is no event. */
export const doubtMs = 10_000;

/** The health after one more look. The first one of all is believed at once. */
export function nextHealth(before: EndpointHealth, seen: Observation, nowMs: number): EndpointHealth {
  const now = new Date(nowMs).toISOString();
  const after: EndpointHealth = {
    ...before,
    latencyMs: seen.latencyMs ?? before.latencyMs,
    seenAt: now,
    seenBy: seen.by,
    checkedAt: seen.by === 'check' && seen.state === 'healthy' ? now : before.checkedAt,
    doubt: null,
  };
  if (seen.state === before.state) return { ...after, code: seen.code };
  const { doubt } = before;
  const isDoubted = doubt !== null && doubt.state === seen.state;
  const isSure = before.state === 'unknown' || (isDoubted && nowMs - Date.parse(doubt.since) >= doubtMs);
  if (!isSure) return { ...after, doubt: isDoubted ? doubt : { state: seen.state, since: now } };
  return { ...after, state: seen.state, since: now, code: seen.code };
}
