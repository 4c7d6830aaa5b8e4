// Counts the server connections of Weir's roles on a Postgres from outside, as often as it can, until it is stopped.
import type { Weir } from '@weir/harness';
import pg from 'pg';

export interface Samples {
  readonly samples: number;
  /** Most of the roles asked for at the same time. */
  readonly most: number;
  /** Most of all other roles, the observer's own left out. */
  readonly mostOthers: number;
}

export interface BackendSampler {
  /** What was seen so far. */
  seen(): Samples;
  /** Begins to count anew. */
  reset(): void;
  stop(): Promise<Samples>;
}

/** `role`: a pattern for LIKE. Samples every `eachMs`. */
export async function sampleBackends(
  url: string,
  database: string,
  { role = 'app%', eachMs = 25 } = {},
): Promise<BackendSampler> {
  const observer = new pg.Client({ connectionString: url, application_name: 'observer' });
  await observer.connect();
  let going = true;
  let now: Samples = { samples: 0, most: 0, mostOthers: 0 };
  const done = (async () => {
    while (going) {
      const { rows } = await observer.query<{ ours: number; others: number }>(
        `select count(*) filter (where usename like $2)::int as ours,
                count(*) filter (where usename not like $2)::int as others
         from pg_stat_activity
         where backend_type = 'client backend' and datname = $1 and pid <> pg_backend_pid()`,
        [database, role],
      );
      const { ours, others } = rows[0]!;
      now = {
        samples: now.samples + 1,
        most: Math.max(now.most, ours),
        mostOthers: Math.max(now.mostOthers, others),
      };
      await new Promise((resolve) => setTimeout(resolve, eachMs));
    }
    await observer.end();
  })();
  return {
    seen: () => now,
    reset() {
      now = { samples: 0, most: 0, mostOthers: 0 };
    },
    async stop() {
      going = false;
      await done;
      return now;
    },
  };
}

/** Server connections of the tenant's role just now. */
export async function countBackends(weir: Weir): Promise<number> {
  const [row] = await weir.postgres.sql<{ count: number }>(
    `select count(*)::int from pg_stat_activity where usename = 'app' and backend_type = 'client backend'`,
  );
  return row!.count;
}
