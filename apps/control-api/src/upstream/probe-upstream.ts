// Tries out a database before it is taken: logs in, and reads what sizing and logins need.
import type { ProbedUpstream } from '@weir/catalog';
import { askUpstream, type ProbeOptions, type ProbeTarget } from './ask-upstream.ts';
import { readServerFacts } from './server-facts.ts';

/** Rejects with ApiError `upstream-…` within `timeoutMs`. */
export function probeUpstream(target: ProbeTarget, options: ProbeOptions): Promise<ProbedUpstream> {
  return askUpstream(target, options, (client) => readServerFacts(client, target));
}
