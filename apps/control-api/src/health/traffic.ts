// What poolers' reports say of the databases behind endpoints. Most are seen by their own traffic, so that nobody has to ask.
import type { ProcessReport, UpstreamReport } from '@weir/fleet';
import type { Observation } from '@weir/tenancy';
import type { ProblemSlug } from '../errors.ts';

/** What was answered longer ago says nothing of now. */
const freshMs = 60_000;
/** A restart takes as long: what is over sooner is nobody's concern. */
const troubleMs = 10_000;

/** By endpoint. One process that gets through is enough: the others' trouble is the way there. */
export function seenByTraffic(reports: readonly ProcessReport[]): Map<string, Observation> {
  const seen = new Map<string, Observation>();
  for (const { endpoints } of reports) {
    for (const [endpointId, { upstream }] of Object.entries(endpoints)) {
      const observation = observationOf(upstream);
      if (observation === null || seen.get(endpointId)?.state === 'healthy') continue;
      seen.set(endpointId, observation);
    }
  }
  return seen;
}

function observationOf({ answeredMsAgo, trouble, openMs }: UpstreamReport): Observation | null {
  if (trouble === null) {
    if (answeredMsAgo === null || answeredMsAgo > freshMs) return null;
    return { state: 'healthy', code: null, latencyMs: openMs, by: 'traffic' };
  }
  if (trouble.forMs < troubleMs) return null;
  // What the server itself refuses with (53300, 57P03) is an answer.
  const isAnswer = trouble.code === 'SERVER_LOGIN_REFUSED';
  const state = isAnswer ? 'failing' : 'unreachable';
  return { state, code: problemOf[trouble.code] ?? 'upstream-failed', latencyMs: null, by: 'traffic' };
}

const problemOf: Record<string, ProblemSlug | undefined> = {
  SERVER_UNREACHABLE: 'upstream-unreachable',
  SERVER_FORBIDDEN: 'upstream-forbidden',
  SERVER_TLS_REFUSED: 'upstream-tls-not-offered',
  SERVER_PROTOCOL: 'upstream-not-postgres',
  SERVER_LOGIN_REFUSED: 'upstream-busy',
};
