// The endpoint that a client means, and the short-lived credential that it names, if its user name is one.
import { isCredentialId, type PublishedCredential, type PublishedEndpoint } from '@weir/tenancy';
import type { TenantCache } from '../tenants/tenant-cache.ts';
import { type Steps, settled } from './steps.ts';

/** Throws what TenantCache.find rejects with. */
export function* findCredential(
  tenants: Pick<TenantCache, 'known' | 'find' | 'readAgain'>,
  endpointId: string,
  user: string,
): Steps<{ readonly endpoint: PublishedEndpoint; readonly lent: PublishedCredential | null }> {
  const endpoint = tenants.known(endpointId) ?? (yield* settled(tenants.find(endpointId)));
  if (!isCredentialId(user)) return { endpoint, lent: null };
  const lent = lentBy(endpoint, user);
  if (lent !== null) return { endpoint, lent };
  // It may have been made just now, and its news be still on the way.
  yield* settled(tenants.readAgain(endpointId));
  const newest = yield* settled(tenants.find(endpointId));
  return { endpoint: newest, lent: lentBy(newest, user) };
}

function lentBy(endpoint: PublishedEndpoint, user: string): PublishedCredential | null {
  return endpoint.credentials.find(({ id }) => id === user) ?? null;
}
