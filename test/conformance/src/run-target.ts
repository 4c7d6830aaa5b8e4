// One target of the suite: a fresh Postgres, Weir or pgbouncer in front of it where the target says so, and the run.
import { type Postgres, startPostgres, startWeir, type Weir, type WeirOptions } from '@weir/harness';
import { type Neighbours, type Noise, startNeighbours } from './neighbours.ts';
import { type Pgbouncer, startPgbouncer } from './pgbouncer.ts';
import { type Address, runSuite, type SuiteResult } from './run-suite.ts';
import { collectSessionCosts, type SessionCosts } from './session-costs.ts';
import type { Suite } from './suite.ts';

/**
 * `server`: Postgres itself. `direct`, `pooled`: Weir's two hosts. `strict`, `session`: the pooled host with strict
 * tracking, and in session mode. `pgbouncer`: in transaction mode, as control.
 */
export const targets = ['server', 'direct', 'pooled', 'strict', 'session', 'pgbouncer'] as const;
export type Target = (typeof targets)[number];

export interface RunOptions {
  readonly suite: Suite;
  readonly binDir: string;
  /** Where results and differences go. */
  readonly outputDir: string;
  readonly limitSeconds: number;
  /** A psql that runs for longer is ended, and its test has failed. */
  readonly testLimitSeconds: number;
  /** Only these, or the whole schedule. */
  readonly tests: readonly string[];
  /** Clients that run short transactions beside the tests, with their role and database. */
  readonly neighbours: number;
}

export interface TargetResult extends SuiteResult {
  /** By test; empty but for the pooled targets. */
  readonly costs: ReadonlyMap<string, SessionCosts>;
  /** Null without neighbours. */
  readonly noise: Noise | null;
}

const database = 'regression';

// What pg_regress has its psql start with: it is part of the pool's key, and the neighbours are to share the pool.
const settingsOfTests =
  '-c intervalstyle=postgres_verbose -c datestyle=Postgres,\\ MDY -c timezone=America/Los_Angeles';

const settings: Partial<Record<Target, WeirOptions['settings']>> = {
  strict: { stateTracking: 'strict' },
  session: { mode: 'session' },
};

/** Runs the suite against `target`. */
export async function runTarget(target: Target, options: RunOptions): Promise<TargetResult> {
  const postgres = await startPostgres({
    version: 'debian',
    maxConnections: 100,
    settings: { max_prepared_transactions: 2, shared_buffers: '128MB' },
  });
  let weir: Weir | null = null;
  let pgbouncer: Pgbouncer | null = null;
  let neighbours: Neighbours | null = null;
  try {
    await makeDatabase(postgres);
    if (target === 'pgbouncer') {
      pgbouncer = await startPgbouncer(postgres, database, `${options.outputDir}-pgbouncer`);
    } else if (target !== 'server') {
      weir = await startWeir({
        postgres,
        tlsMode: 'disable',
        budget: 60,
        poolerEnv: { WEIR_LOG_LEVEL: 'debug' },
        ...(settings[target] && { settings: settings[target] }),
      });
    }
    const endpoint = weir && `${weir.endpoint.id}${target === 'direct' ? '' : '-pooler'}`;
    const address: Address = {
      port: weir?.pooler.port ?? pgbouncer?.port ?? postgres.port,
      user: postgres.user,
      password: postgres.password,
      database,
      env: endpoint === null ? {} : { PGOPTIONS: `endpoint=${endpoint}`, PGSSLMODE: 'require' },
    };
    const costs = weir === null || target === 'direct' ? new Map() : collectSessionCosts(weir.pooler);
    if (options.neighbours > 0) {
      neighbours = await startNeighbours(options.neighbours, {
        host: '127.0.0.1',
        ...{ port: address.port, user: address.user, password: address.password, database },
        options: `${endpoint === null ? '' : `endpoint=${endpoint} `}${settingsOfTests}`,
        ...(endpoint !== null && { ssl: { rejectUnauthorized: false } }),
      });
    }
    const result = await runSuite(options.suite, address, options);
    const noise = (await neighbours?.stop()) ?? null;
    neighbours = null;
    return { ...result, costs, noise };
  } finally {
    await neighbours?.stop().catch(() => {});
    await weir?.close();
    await pgbouncer?.close();
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
