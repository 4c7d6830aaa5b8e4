// The wake-ups of the job queue in the catalog's own database, in a schema of BullMQ's: where there is no Redis.
import { setTimeout as passed } from 'node:timers/promises';
import { surviveBrokenConnections } from '@weir/catalog';
import type { Logger } from '@weir/telemetry';
import {
  type BackendFactory,
  type ConnectionOptions,
  createPostgresBackend,
  DEFAULT_SCHEMA,
  runMigrations,
} from 'bullmq';
import pg from 'pg';
import type { WakeUpStore } from './wake-up-store.ts';

const firstPauseMs = 200;
const pauseMsMax = 30_000;
// One listens for as long as there is a worker; the others ask and answer, each for moments.
const connectionsMax = 4;

/**
 * Prepares the schema and opens in the background. Until that has worked, and while the database is away, nobody is
 * woken, and the sweep does the work. `url`: the database itself and no pooler, since a worker listens there.
 */
export function postgresWakeUps({ url, log }: { readonly url: string; readonly log: Logger }): WakeUpStore {
  // Handed in, since BullMQ's own way to the driver is a `require`, which is not to be had outside of a bundle.
  const pool = new pg.Pool({
    connectionString: withSearchPath(url),
    application_name: 'weir-jobs',
    max: connectionsMax,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 15_000,
    // Without it BullMQ asks every ten seconds whether what it listens on still lives.
    keepAlive: true,
  });
  surviveBrokenConnections(pool);
  // BullMQ has a type of its own for what each store is connected by, and a store here is one of any.
  const ofPool = { connection: pool as unknown as ConnectionOptions };
  const backend = createPostgresBackend as unknown as BackendFactory;
  let failing = false;
  const migrated = async () => {
    const client = await pool.connect();
    let broken = true;
    try {
      await runMigrations(client, DEFAULT_SCHEMA);
      broken = false;
    } finally {
      client.release(broken);
    }
  };
  return {
    async open(make, signal) {
      for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
        try {
          // Before each end is made: one whose first connection fails never works again.
          await migrated();
          return signal.aborted ? null : make(ofPool, backend);
        } catch (error) {
          if (!failing)
            log.warn({ err: error }, 'jobs cannot be woken over the catalog yet; they are swept for');
          failing = true;
          await passed(pauseMs, null, { signal }).catch(() => {});
        }
      }
      return null;
    },
    close: () => pool.end(),
  };
}

/** BullMQ's statements name their tables without a schema. */
function withSearchPath(url: string): string {
  // No `new URL`: one without a host, as of a Unix socket, is none for it, and its error would show the password.
  const [address, ...rest] = url.split('?');
  const query = new URLSearchParams(rest.join('?'));
  const given = query.get('options');
  const path = `-c search_path=${DEFAULT_SCHEMA}`;
  query.set('options', given === null ? path : `${given} ${path}`);
  return `${address}?${query}`;
}
