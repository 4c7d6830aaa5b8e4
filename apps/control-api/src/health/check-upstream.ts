// One look at a database that no traffic tells of: it is logged in to, and asked for its limits.
import type { ClaimedCheck, ServerLimits } from '@weir/catalog';
import type { Observation } from '@weir/tenancy';
import { ApiError } from '../errors.ts';
import { askUpstream, type ProbeOptions } from '../upstream/ask-upstream.ts';
import { readServerLimits } from '../upstream/server-facts.ts';

/** What has no connection to show for itself; the rest is an answer. */
const answers: readonly string[] = [
  'upstream-password-wrong',
  'upstream-login-refused',
  'upstream-database-missing',
  'upstream-too-old',
  'upstream-busy',
  'upstream-failed',
];

/** Never rejects: what is wrong is what was seen. Null: nothing could be tried, as the password does not open. */
export async function checkUpstream(
  check: ClaimedCheck,
  options: ProbeOptions,
): Promise<{ readonly seen: Observation; readonly limits?: ServerLimits } | null> {
  let password: string;
  try {
    password = check.password();
  } catch {
    return null;
  }
  const beganAtMs = performance.now();
  try {
    let latencyMs = 0;
    const limits = await askUpstream({ ...check.target, password }, options, (client) => {
      latencyMs = Math.round(performance.now() - beganAtMs);
      return readServerLimits(client);
    });
    return { seen: { state: 'healthy', code: null, latencyMs, by: 'check' }, limits };
  } catch (error) {
    const code = error instanceof ApiError ? error.slug : 'upstream-failed';
    const state = answers.includes(code) ? 'failing' : 'unreachable';
    return { seen: { state, code, latencyMs: null, by: 'check' } };
  }
}
