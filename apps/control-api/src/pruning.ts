// The sweep over the catalog: what has been kept for long enough goes, once a minute.
import { type Catalog, forgetKeptReplies, forgetSent, plainCatalogError, purgeTenants } from '@weir/catalog';
import type { Logger } from '@weir/telemetry';

const sweepEveryMs = 60_000;
// A transaction's worth; more of them wait for the next round of the same sweep.
const tenantsPerRound = 20;

export interface Pruning {
  /** Waits for the sweep in hand. */
  close(): Promise<void>;
}

/** Starts at once. A catalog that is away is asked again a minute later. */
export function startPruning({ catalog, log }: { readonly catalog: Catalog; readonly log: Logger }): Pruning {
  let closed = false;
  let running: Promise<void> | null = null;
  const sweep = async () => {
    await forgetSent(catalog);
    await forgetKeptReplies(catalog);
    for (let found = tenantsPerRound; found === tenantsPerRound && !closed; ) {
      found = await purgeTenants(catalog, tenantsPerRound);
      if (found > 0) log.info({ tenants: found }, 'deleted tenants are purged');
    }
  };
  const run = () => {
    running ??= sweep()
      .catch((error) => log.warn({ err: plainCatalogError(error) }, 'the sweep over the catalog failed'))
      .finally(() => {
        running = null;
      });
  };
  const timer = setInterval(run, sweepEveryMs);
  run();
  return {
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}
