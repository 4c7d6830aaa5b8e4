// The benchmark's own Postgres: pgbench tables at scale 10, no fsync, SCRAM for every login, and the «direct» target.
import { type Postgres, startPostgres } from '@weir/harness';
import pg from 'pg';
import { loadTables } from './pgbench.ts';
import { type Programs, versionOf } from './programs.ts';
import type { Address, Target } from './target.ts';
import { cheapVerifier } from './verifier.ts';

/** A running Postgres with the role and tables that the load uses. */
export interface BenchPostgres {
  readonly server: Postgres;
  readonly target: Target;
  /** The load role's verifier as Postgres stores it. */
  readonly verifier: string;
}

// So many direct clients, beside some pools of 20.
const directMost = 256;
const connectionsMax = 340;

/** Initialises, starts and fills the system's Postgres on loopback. */
export async function startBenchPostgres(programs: Programs): Promise<BenchPostgres> {
  const server = await startPostgres({
    version: 'debian',
    tls: true,
    maxConnections: connectionsMax,
    settings: { shared_buffers: '256MB' },
  });
  const address: Address = {
    port: server.port,
    user: 'bench',
    password: 'bench-password',
    database: 'bench',
  };
  const verifier = cheapVerifier(address.password);
  try {
    await server.sql(`create role ${address.user} login password '${verifier}'`);
    await server.sql(`create database ${address.database} owner ${address.user}`);
    await loadTables(programs.pgbench, address);
    await analyse(address);
  } catch (error) {
    await server.close();
    throw error;
  }
  return {
    server,
    verifier,
    target: {
      name: 'direct',
      version: versionOf(programs.postgres),
      pids: [],
      address,
      refuses: ({ clients }) =>
        clients > directMost ? `the server takes no more than ${directMost} clients at once` : null,
      close: () => server.close(),
    },
  };
}

// Otherwise autovacuum finds the fresh tables in the middle of the first round.
async function analyse(address: Address): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', ...address });
  await client.connect();
  try {
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}
