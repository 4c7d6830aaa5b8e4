// The endpoint that a client means, and the short-lived credential that it names, if its user name is one.
import { isCredentialId, type PublishedCredential, type PublishedEndpoint } from '@weir/tenancy';
import type { TenantCache } from '../tenants/tenant-cache.ts';

/** Rejects as TenantCache.find does. */
export async function findCredential(
  tenants: Pick<TenantCache, 'find' | 'readAgain'>,
  endpointId: string,
  user: string,
): Promise<{ readonly endpoint: PublishedEndpoint; readonly lent: PublishedCredential | null }> {
  const endpoint = await tenants.find(endpointId);
  if (!isCredentialId(user)) return { endpoint, lent: null };
  const lent = lentBy(endpoint, user);
  if (lent !== null) return { endpoint, lent };
  // It may have been made just now, and its news be still on the way.
  await tenants.readAgain(endpointId);
  const newest = await tenants.find(endpointId);
  return { endpoint: newest, lent: lentBy(newest, user) };
}

function lentBy(endpoint: PublishedEndpoint, user: string): PublishedCredential | null {
  return endpoint.credentials.find(({ id }) => id === user) ?? null;
}
