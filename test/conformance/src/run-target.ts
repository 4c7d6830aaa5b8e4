// One target of the suite: a fresh Postgres, Weir in front of it where the target is one of its hosts, and the run.
import { type Postgres, startPostgres, startWeir } from '@weir/harness';
import { type Address, runSuite, type SuiteResult } from './run-suite.ts';
import type { Suite } from './suite.ts';

/** `server`: Postgres itself. `direct`, `pooled`: Weir's two hosts. */
export const targets = ['server', 'direct', 'pooled'] as const;
export type Target = (typeof targets)[number];

export interface RunOptions {
  readonly suite: Suite;
  readonly binDir: string;
  /** Where results and differences go. */
  readonly outputDir: string;
  readonly limitSeconds: number;
  /** Only these, or the whole schedule. */
  readonly tests: readonly string[];
}

const database = 'regression';

/** Runs the suite against `target`. */
export async function runTarget(target: Target, options: RunOptions): Promise<SuiteResult> {
  const postgres = await startPostgres({
    version: 'debian',
    maxConnections: 100,
    settings: { max_prepared_transactions: 2, shared_buffers: '128MB' },
  });
  const weir = target === 'server' ? null : await startWeir({ postgres, tlsMode: 'disable', budget: 60 });
  try {
    await makeDatabase(postgres);
    const endpoint = weir && `${weir.endpoint.id}${target === 'pooled' ? '-pooler' : ''}`;
    const address: Address = {
      port: weir?.pooler.port ?? postgres.port,
      user: postgres.user,
      password: postgres.password,
      database,
      env: endpoint === null ? {} : { PGOPTIONS: `endpoint=${endpoint}`, PGSSLMODE: 'require' },
    };
    return await runSuite(
      options.suite,
      address,
      options.outputDir,
      options.binDir,
      options.limitSeconds,
      options.tests,
    );
  } finally {
    await weir?.close();
    await postgres.close();
  }
}

/** A database as pg_regress would have made it; the suite itself must not, since idle connections would be in its way. */
async function makeDatabase(postgres: Postgres): Promise<void> {
  await postgres.sql(`drop database if exists ${database} with (force)`);
  const leftOver = await postgres.sql<{ rolname: string }>(
    `select rolname from pg_roles where rolname ~ '^regress_' order by 1`,
  );
  for (const { rolname } of leftOver) await postgres.sql(`drop role if exists "${rolname}"`).catch(() => {});
  await postgres.sql(
    `create database ${database} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`,
  );
  for (const setting of [
    `lc_messages to 'C'`,
    `lc_monetary to 'C'`,
    `lc_numeric to 'C'`,
    `lc_time to 'C'`,
    `bytea_output to 'hex'`,
    `timezone_abbreviations to 'Default'`,
  ]) {
    await postgres.sql(`alter database ${database} set ${setting}`);
  }
}
