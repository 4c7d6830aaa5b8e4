// Settings that servers of an endpoint are opened with because of its kind. Nobody's SET: RESET and DISCARD ALL lead back to them.
import type { PublishedEndpoint } from '@weir/tenancy';
import type { StartupParameters } from '../client/startup-parameters.ts';

const none: ReadonlyMap<string, string> = new Map();
// What a replica answers too, to whoever asks the session or libpq's target_session_attrs.
const ofReadOnly: ReadonlyMap<string, string> = new Map([['default_transaction_read_only', 'on']]);

/** For the StartupMessage, where they beat what was set for the role or its database. */
export function endpointGucs({ kind }: PublishedEndpoint): ReadonlyMap<string, string> {
  return kind === 'read_only' ? ofReadOnly : none;
}

/** What a client asked for without what its endpoint decides: on a replica asking otherwise is of no use either. */
export function withoutEndpointGucs(
  startup: StartupParameters,
  endpoint: PublishedEndpoint,
): StartupParameters {
  const decided = endpointGucs(endpoint);
  if (decided.size === 0) return startup;
  const keyGucs = new Map([...startup.keyGucs].filter(([name]) => !decided.has(name)));
  return { ...startup, keyGucs };
}
