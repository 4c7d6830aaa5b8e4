// A rolling restart of the whole fleet under load: no transaction fails, and whoever is told to go had nothing sent to a server.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Pooler, startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import { findProgram } from '@weir/local-servers';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

// The long form: WEIR_ROLLS=20.
const rolls = Number(process.env.WEIR_ROLLS ?? 1);
const nodes = 2;
const processes = 2;
const clientsPerNode = 6;

const pgbench = findProgram(['pgbench']);
const files = temporaryDirectory('rolling-restart');
let weir: Weir;
/** Looks at the tables past Weir. */
let observer: pg.Client;
beforeAll(async () => {
  weir = await startWeir({
    budget: 16,
    poolers: nodes,
    eachPooler: Array.from({ length: nodes }, () => ({ runtime: 'node' as const })),
    poolerEnv: { WEIR_PROCESSES: String(processes), WEIR_DRAIN_TIMEOUT_MS: '4000' },
  });
  observer = new pg.Client({
    connectionString: weir.postgres.url.replace(/\/postgres$/, `/${weir.database}`),
  });
  await observer.connect();
  await observer.query('create table attempts (id text primary key)');
  await observer.query('create table churned (client int)');
  await observer.query('grant all on attempts, churned to app');
}, 180_000);
afterAll(async () => {
  await observer?.end();
  await weir?.close();
  files.remove();
});

/** Every process of the node is replaced. */
async function roll(pooler: Pooler): Promise<void> {
  const done = () => pooler.log().filter(({ msg }) => msg === 'rolling restart is done').length;
  const before = done();
  process.kill(pooler.pid, 'SIGHUP');
  await waitUntil(() => done() === before + 1, { what: 'the node has rolled', timeoutMs: 120_000 });
}

/** pgbench with a connection for each transaction, run after run until stopped. */
function startChurn(node: number) {
  const script = join(files.path, `churn-${node}.sql`);
  writeFileSync(script, 'insert into churned values (:client_id);\n');
  const args = ['-n', '-C', '-c', '3', '-j', '1', '-T', '3', '-f', script, weir.pooledUrl({ pooler: node })];
  const env = {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    PGHOSTADDR: '127.0.0.1',
    PGCONNECT_TIMEOUT: '20',
  };
  let stopped = false;
  const run = async (): Promise<number> => {
    let processed = 0;
    while (!stopped) {
      const { stdout, stderr } = await promisify(execFile)(pgbench!, args, { env });
      expect(stderr).not.toMatch(/error|aborted|fatal/i);
      expect(stdout).toMatch(/number of failed transactions: 0 /);
      processed += Number(/number of transactions actually processed: (\d+)/.exec(stdout)?.[1]);
    }
    return processed;
  };
  const running = run();
  running.catch(() => {});
  return {
    /** Resolves with how many transactions pgbench counts. Rejects if a run of it failed. */
    stop(): Promise<number> {
      stopped = true;
      return running;
    },
  };
}

/** What the clients of one test did. */
class Ledger {
  /** Attempts that were acknowledged, and those that met 57P01 with their first message. */
  readonly acknowledged = new Set<string>();
  readonly toldToGo = new Set<string>();
  readonly failures: string[] = [];
  stopped = false;
}

/** One client that tries again only if the first message of its transaction met 57P01. */
async function persist(name: string, node: number, ledger: Ledger): Promise<void> {
  let client: pg.Client | null = null;
  let gone: string | undefined;
  for (let number = 0; !ledger.stopped; number++) {
    if (client === null || gone !== undefined) {
      if (gone !== undefined && gone !== '57P01') ledger.failures.push(`${name}: lost with ${gone}`);
      gone = undefined;
      client = null;
      const fresh = await weir.client({ pooler: node }).catch((error: { code?: string; message: string }) => {
        // At its login nothing of a transaction has begun.
        if (error.code !== '57P01') ledger.failures.push(`${name}: no login: ${error.code ?? error.message}`);
        return null;
      });
      if (fresh === null) continue;
      client = fresh;
      fresh.on('error', (error: { code?: string; message: string }) => {
        // What one that was given up says afterwards is no news.
        if (client === fresh) gone ??= error.code ?? error.message;
      });
    }
    const attempt = `${name}-${number}`;
    // Half of them as one statement, half as a transaction of three.
    const statements =
      number % 2 === 0
        ? [`insert into attempts values ('${attempt}')`]
        : [
            `insert into attempts values ('${attempt}-first')`,
            'begin',
            `insert into attempts values ('${attempt}')`,
            'commit',
          ];
    const first = number % 2 === 0 ? attempt : `${attempt}-first`;
    for (const [index, statement] of statements.entries()) {
      try {
        await client.query(statement);
        if (index === 0) ledger.acknowledged.add(first);
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        const told = code ?? gone ?? message;
        // 'begin' is the first message of a transaction as well.
        const isFirst = index === 0 || statement === 'begin';
        if (told === '57P01' && isFirst) ledger.toldToGo.add(index === 0 ? first : attempt);
        else ledger.failures.push(`${attempt}, "${statement}": ${told}`);
        gone ??= told;
        break;
      }
      if (index === statements.length - 1) ledger.acknowledged.add(attempt);
    }
  }
  await client?.end().catch(() => {});
}

test(`${rolls} rolling restart(s) of ${nodes} nodes under load fail no transaction${pgbench === null ? ' (without pgbench -C: it is not on PATH)' : ''}`, {
  timeout: 300_000 + rolls * 120_000,
}, async () => {
  const ledger = new Ledger();
  const running = Array.from({ length: nodes * clientsPerNode }, (_, index) =>
    persist(`client${index}`, index % nodes, ledger),
  );
  const churns = pgbench === null ? [] : weir.poolers.map((_, node) => startChurn(node));
  const rows = async (table: string) =>
    Number((await observer.query(`select count(*) as n from ${table}`)).rows[0].n);
  await waitUntil(async () => ledger.acknowledged.size > 200, { what: 'load runs' });
  if (pgbench !== null) await waitUntil(async () => (await rows('churned')) > 20, { what: 'pgbench runs' });
  for (let number = 0; number < rolls; number++) for (const pooler of weir.poolers) await roll(pooler);
  ledger.stopped = true;
  await Promise.all(running);
  const churned = await Promise.all(churns.map((churn) => churn.stop()));
  expect(await rows('churned')).toBe(churned.reduce((sum, count) => sum + count, 0));
  expect(ledger.failures).toEqual([]);
  const { rows: stored } = await observer.query<{ id: string }>('select id from attempts');
  const ids = new Set(stored.map(({ id }) => id));
  expect([...ledger.acknowledged].filter((id) => !ids.has(id))).toEqual([]);
  expect([...ledger.toldToGo].filter((id) => ids.has(id))).toEqual([]);
  expect(ids.size).toBe(ledger.acknowledged.size);
  // Or the test would show nothing of it.
  expect(ledger.toldToGo.size).toBeGreaterThan(0);
  console.log(
    `${ids.size} attempts committed, ${ledger.toldToGo.size} told to go, ${await rows('churned')} transactions of pgbench -C`,
  );
});
