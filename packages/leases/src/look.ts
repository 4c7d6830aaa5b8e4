// What a look at the server's own sessions proves: which are a silent holder's, and which might be anybody's.

/** A session as the server shows it. */
export interface Session {
  readonly processId: number;
  readonly role: string;
  /** Since its start; null: not shown. */
  readonly ageMs: number | null;
}

/** A server connection that a holder has registered. */
export interface Registration {
  readonly holder: string;
  readonly processId: number;
  readonly role: string;
}

export interface Sight {
  readonly sessions: readonly Session[];
  /** As they were after the sessions were seen. */
  readonly registered: readonly Registration[];
}

/**
 * Those that `holder` registered and nobody else has since, as a process id may come again. What is younger than
 * `leastAgeMs` was begun after its right to open was over.
 */
export function sessionsOf(holder: string, { sessions, registered }: Sight, leastAgeMs: number): Session[] {
  return sessions.filter(({ processId, role, ageMs }) => {
    const [claim, ...more] = registered.filter((server) => server.processId === processId);
    if (claim === undefined || more.length > 0) return false;
    return claim.holder === holder && claim.role === role && isOlder(ageMs, leastAgeMs);
  });
}

/** How many sessions of Weir's `roles` no process has registered: any of them may belong to one that cannot say so. */
export function strangersIn(
  { sessions, registered }: Sight,
  roles: ReadonlySet<string>,
  leastAgeMs: number,
): number {
  const known = new Set(registered.map(({ processId }) => processId));
  const isWeirs = (role: string): boolean =>
    roles.has(role) || registered.some((server) => server.role === role);
  return sessions.filter(
    ({ processId, role, ageMs }) => !known.has(processId) && isWeirs(role) && isOlder(ageMs, leastAgeMs),
  ).length;
}

/** How many sessions are server connections that some process has registered. */
export function registeredIn({ sessions, registered }: Sight): number {
  const known = new Set(registered.map(({ processId, role }) => `${processId} ${role}`));
  return sessions.filter(({ processId, role }) => known.has(`${processId} ${role}`)).length;
}

function isOlder(ageMs: number | null, leastAgeMs: number): boolean {
  return ageMs === null || ageMs >= leastAgeMs;
}
