// The job that prunes the catalog: what has been kept for long enough goes.
import {
  type Catalog,
  forgetDeliveries,
  forgetExpiredCredentials,
  forgetKeptReplies,
  forgetPreviousSecrets,
  forgetSent,
  forgetUsage,
  purgeTenants,
} from '@weir/catalog';
import type { Logger } from '@weir/telemetry';

// A transaction's worth; more of them wait for the next round of the same run.
const tenantsPerRound = 20;

/** Rejects with the catalog's error. */
export async function prune(
  { catalog, log }: { readonly catalog: Catalog; readonly log: Logger },
  stopping: () => boolean,
): Promise<void> {
  await forgetSent(catalog);
  await forgetKeptReplies(catalog);
  await forgetUsage(catalog);
  await forgetDeliveries(catalog);
  await forgetPreviousSecrets(catalog);
  await forgetExpiredCredentials(catalog);
  for (let found = tenantsPerRound; found === tenantsPerRound && !stopping(); ) {
    found = await purgeTenants(catalog, tenantsPerRound);
    if (found > 0) log.info({ tenants: found }, 'deleted tenants are purged');
  }
}
