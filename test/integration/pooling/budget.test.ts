// Many clients on a small budget: nobody gets a wrong reply or an error, and the database never sees more than the budget.
import { startWeir, type Weir } from '@weir/harness';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodePostgresKinds, postgresJsKinds, type Transaction } from './mixed-transactions.ts';
import { postgresJs } from './postgres-js.ts';

const clientCount = 1000;
// The short form that every test run includes; `pnpm test:budget` asks for a hundred.
const transactionCount = Number(process.env.WEIR_TEST_TRANSACTIONS ?? 10);
const longestMs = 3_600_000;
const budget = 20;

let weir: Weir;
beforeAll(async () => {
  weir = await startWeir({
    budget,
    postgres: { tls: true, maxConnections: 100 },
    // The wait is long on purpose: on a slow machine fifty clients queue for each server.
    settings: { queryWaitTimeoutMs: longestMs, clientConnectionsMax: 10_000 },
  });
  await weir.postgres.sql('select 1');
  const owner = await weir.client({ direct: true });
  await owner.query('create table ledger (client int, number int)');
  await owner.query('create index on ledger (client, number)');
  await owner.end();
});
afterAll(() => weir?.close());

/** Counts the tenant's backends from outside, every 50 ms until stopped. */
function sampleBackends() {
  const observer = new pg.Client(weir.postgres.url);
  let going = true;
  let samples = 0;
  let most = 0;
  let mostService = 0;
  const done = (async () => {
    await observer.connect();
    while (going) {
      // Weir reads passwords as the service role, over one connection that lives in the reserve.
      const { rows } = await observer.query<{ ours: number; service: number }>(
        `select count(*) filter (where usename = 'app')::int as ours,
                count(*) filter (where usename <> 'app')::int as service
         from pg_stat_activity where backend_type = 'client backend' and datname = $1`,
        [weir.database],
      );
      samples++;
      most = Math.max(most, rows[0]!.ours);
      mostService = Math.max(mostService, rows[0]!.service);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await observer.end();
  })();
  return {
    async stop() {
      going = false;
      await done;
      return { samples, most, mostService };
    },
  };
}

/** The transactions of one client, every one of a kind of its own turn. */
async function runKinds<Connection>(
  kinds: Record<string, Transaction<Connection>>,
  connection: Connection,
  client: number,
): Promise<void> {
  const named = Object.entries(kinds);
  for (let number = 0; number < transactionCount; number++) {
    const [name, run] = named[(client + number) % named.length]!;
    await run(connection, client, number).catch((cause: unknown) => {
      throw new Error(`client ${client}, transaction ${number}, ${name}`, { cause });
    });
  }
}

/** One client from login to goodbye. */
async function runNodePostgres(client: number): Promise<void> {
  const connection = await weir.client();
  await runKinds(nodePostgresKinds, connection, client);
  await connection.end();
}

async function runPostgresJs(client: number): Promise<void> {
  const sql = postgresJs(weir, weir.hosts.pooled, { connect_timeout: longestMs / 1000, onnotice: () => {} });
  await runKinds(postgresJsKinds, sql, client);
  await sql.end();
}

test(`${clientCount} clients on a budget of ${budget} each get their own replies, and the database never sees more`, {
  timeout: longestMs,
}, async () => {
  const sampler = sampleBackends();
  const outcomes = await Promise.allSettled(
    Array.from({ length: clientCount }, (_, client) =>
      client % 2 === 0 ? runNodePostgres(client + 1) : runPostgresJs(client + 1),
    ),
  );
  const { samples, most, mostService } = await sampler.stop();
  const failures = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
  expect(failures.slice(0, 5).map((error) => `${error.message}: ${String(error.cause)}`)).toEqual([]);
  console.log(`${clientCount * transactionCount} transactions, ${samples} samples, at most ${most} backends`);
  expect(samples).toBeGreaterThan(10);
  expect(most).toBeLessThanOrEqual(budget);
  expect(mostService).toBeLessThanOrEqual(1);
  // Else the budget was never put to the test.
  expect(most).toBeGreaterThan(budget / 2);
});
