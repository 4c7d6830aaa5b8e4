// How much of each job is due, and for how long: for those who watch whether jobs keep up.
import { eq, type SQL, sql } from 'drizzle-orm';
import type { Catalog } from './catalog.ts';
import { isDueDelivery, isOfEnabledWebhook } from './deliveries.ts';
import { isDueCheck } from './health.ts';
import { isUnsent } from './outbox.ts';
import { deliveries, endpoints, outbox, tenants, webhooks } from './schema.ts';

/** Jobs whose rows say since when they are due. The others look through what there is. */
export type CountedJob = 'publish' | 'deliver-webhooks' | 'watch-health';

export interface DueCount {
  readonly job: CountedJob;
  readonly count: number;
  /** Of the one that is due for longest; 0 if none is. */
  readonly oldestSeconds: number;
}

// Deliveries and checks are counted by the conditions by which they are claimed. A change is due from when it was made, also
// while it is put off since it failed: so long poolers serve what was before.
const due: Readonly<Record<CountedJob, SQL>> = {
  publish: sql`select ${outbox.createdAt} as since from ${outbox} where ${isUnsent}`,
  'deliver-webhooks': sql`
    select ${deliveries.dueAt} as since from ${deliveries} join ${webhooks} on ${isOfEnabledWebhook}
    where ${isDueDelivery}`,
  'watch-health': sql`
    select ${endpoints.healthDueAt} as since
    from ${endpoints} join ${tenants} on ${eq(tenants.id, endpoints.tenantId)} where ${isDueCheck}`,
};

/** By one look at the catalog. Rejects with its error. */
export async function countDue(catalog: Catalog, jobs: readonly CountedJob[]): Promise<readonly DueCount[]> {
  if (jobs.length === 0) return [];
  const counts = jobs.map(
    (job) => sql`
      select ${job}::text as job, count(*)::int as count,
        greatest(coalesce(extract(epoch from now() - min(since)), 0), 0)::float8 as "oldestSeconds"
      from (${due[job]}) as due`,
  );
  const { rows } = await catalog.db.execute<DueCount & Record<string, unknown>>(
    sql.join(counts, sql` union all `),
  );
  return rows;
}
