// A storm over a small fleet: parts are killed, frozen, cut off and restarted under load, and what Weir promises holds all the while.
import { join } from 'node:path';
import { declareFreshLeases } from '@weir/fleet';
import {
  type ControlApi,
  type Postgres,
  startControlApi,
  startPostgres,
  temporaryDirectory,
  testCertificates,
} from '@weir/harness';
import { findRedisProgram, freePort } from '@weir/local-servers';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseSeed, seededRandom } from '../../seeded-random.ts';
import { PrivateRedis } from '../private-redis.ts';
import { TcpSwitch } from '../tcp-switch.ts';
import { BudgetObserver } from './budget-observer.ts';
import type { ClientPlan, Incident } from './messages.ts';
import { drawBudgets, planStorm, shareClients } from './plan.ts';
import { type Spell, Storm } from './storm.ts';
import { StormClients } from './storm-clients.ts';
import { StormNode } from './storm-node.ts';
import { addressOf, createTenants, deadlineMs } from './storm-tenants.ts';

/** The short form is for every run of the tests; `pnpm test:storm` is the long one. */
const isLong = process.env.WEIR_STORM === 'long';
const seconds = Number(process.env.WEIR_STORM_SECONDS ?? (isLong ? 600 : 12));
const clientCount = Number(process.env.WEIR_STORM_CLIENTS ?? (isLong ? 3_000 : 60));
const tenantCount = Number(process.env.WEIR_STORM_TENANTS ?? (isLong ? 200 : 8));
/** Questions a second that all clients together come to, about. */
const questionsPerSecond = Number(process.env.WEIR_STORM_RATE ?? 300);
const nodeCount = 3;
const places = 2;
const budgetMost = isLong ? 112 : 12;
const againWithinMs = 15_000;
const domain = 'db.localhost';
const database = 'storm';
const password = 'storm-pw';

const seed = chooseSeed();
const random = seededRandom(seed);
const budgets = drawBudgets(random, tenantCount, budgetMost);
const directory = temporaryDirectory('storm');
const started: (() => Promise<unknown> | unknown)[] = [() => directory.remove()];
const keep = <T extends { close(): Promise<void> | void }>(part: T): T => {
  started.push(() => part.close());
  return part;
};

let postgres: Postgres;
let controlApi: ControlApi;
let redis: PrivateRedis;
let databaseLine: TcpSwitch;
let redisLines: TcpSwitch[];
let nodes: StormNode[];
let caPem: string;

beforeAll(async () => {
  const certificates = await testCertificates(domain);
  caPem = certificates.caPem;
  const catalog = keep(await startPostgres());
  await catalog.sql('create database weir');
  const connectionsMost = budgets.reduce((sum, budget) => sum + budget, 0);
  postgres = keep(
    await startPostgres({ maxConnections: Math.min(connectionsMost, 2_500) + 2 * tenantCount + 100 }),
  );
  await postgres.sql(`create database ${database}`);
  redis = await PrivateRedis.start(await findRedisProgram(process.env.WEIR_TEST_CACHE_DIR!));
  started.push(() => redis.kill());
  await declareFreshLeases(redis.url);
  databaseLine = keep(await TcpSwitch.to(postgres.port, [...budgets.keys()].map(addressOf)));
  redisLines = await Promise.all(Array.from({ length: nodeCount }, () => TcpSwitch.to(redis.port)));
  for (const line of redisLines) keep(line);
  const taken = new Set<number>();
  const ports: number[] = [];
  for (let node = 0; node < nodeCount; node++) {
    ports.push(await freePort(undefined, taken));
    taken.add(ports[node]!);
  }
  const sealKeyFile = join(directory.path, 'seal.key');
  controlApi = keep(
    await startControlApi({
      catalogUrl: catalog.url.replace(/\/postgres$/, '/weir'),
      redisUrl: redis.url,
      ...{ sealKeyFile, domain },
      ownListeners: ports.map((port) => `127.0.0.1:${port}`).join(','),
    }),
  );
  nodes = ports.map(
    (port, node) =>
      new StormNode({
        ...{ redisUrl: redisLines[node]!.redisUrl, sealKeyFile, domain, port, certificates },
        runtime: 'node',
        env: {
          WEIR_PROCESSES: String(places),
          WEIR_PROCESS_ID: `node${node}`,
          WEIR_DRAIN_TIMEOUT_MS: isLong ? '4000' : '2000',
          WEIR_LOGIN_TIMEOUT_MS: '12000',
        },
      }),
  );
  for (const node of nodes) keep(node);
  await Promise.all(nodes.map((node) => node.start()));
}, 300_000);
afterAll(async () => {
  for (const end of started.reverse()) await Promise.resolve(end()).catch(() => {});
}, 120_000);

test(`in a storm of ${seconds} s over ${nodeCount} nodes no budget is passed, no reply is wrong and no commit lost`, {
  timeout: (seconds + 400) * 1_000,
}, async () => {
  console.log(
    `${isLong ? 'WEIR_STORM=long ' : ''}WEIR_SEED=${seed} WEIR_STORM_SECONDS=${seconds} WEIR_STORM_CLIENTS=${clientCount} WEIR_STORM_TENANTS=${tenantCount}`,
  );
  const tenants = await createTenants(
    { controlApi, postgres, database, port: databaseLine.port, domain, password },
    budgets,
  );
  const inDatabase = { connectionString: postgres.url.replace(/\/postgres$/, `/${database}`) };
  const owner = new pg.Client(inDatabase);
  owner.on('error', () => {});
  await owner.connect();
  await owner.query('create table storm_rows (id bigint primary key)');
  await owner.query('grant insert, select on storm_rows to storm_tenant');
  await postgres.createRole('storm_observer', password, 'in role pg_monitor');
  const watching = new pg.Client({ ...inDatabase, user: 'storm_observer', password });
  await watching.connect();
  const observer = new BudgetObserver(
    watching,
    't\\_%',
    new Map(tenants.map(({ role, budget }) => [role, budget])),
  );

  const plans: ClientPlan[] = [];
  for (const [index, share] of shareClients(clientCount, budgets).entries()) {
    const { role, servername } = tenants[index]!;
    for (let i = 0; i < share; i++) {
      const number = plans.length;
      plans.push({ number, role, servername, node: number % nodeCount });
    }
  }
  const clients = new StormClients(isLong ? 2 : 1, plans, {
    ports: nodes.map(({ port }) => port),
    ...{ password, database, caPem, seed, deadlineMs },
    pauseMs: (2.5 * clientCount * 1_000) / questionsPerSecond,
  });
  started.push(() => clients.kill());
  await clients.running();

  const storm = new Storm({ nodes, redisLines, redisPort: redis.port, databaseLine });
  const plan = planStorm(random, {
    ...{ seconds, places, nodes: nodeCount },
    ...(isLong
      ? { everyMs: 5_000, forMsMin: 2_000, forMsMax: 20_000 }
      : { everyMs: 1_500, forMsMin: 2_000, forMsMax: 4_000 }),
  });
  const fromMs = Date.now();
  await storm.run(plan, (line) => console.log(line));
  const stormMs = Date.now() - fromMs;
  const servedAgain = await clients.calm(againWithinMs);
  const reports = await clients.stop();
  const sight = await observer.stop();
  const { rows } = await owner.query<{ id: string }>('select id from storm_rows');
  await owner.end();

  const sum = (count: (report: (typeof reports)[number]) => number) =>
    reports.reduce((all, report) => all + count(report), 0);
  const errors = new Map<string, number>();
  for (const report of reports)
    for (const [text, count] of Object.entries(report.errors))
      errors.set(text, (errors.get(text) ?? 0) + count);
  console.log(
    `${plan.length} faults in ${Math.round(stormMs / 1_000)} s; ${sum(({ served }) => served)} questions answered, ` +
      `${sum(({ logins }) => logins)} logins, ${sum(({ acknowledged }) => acknowledged.length)} rows acknowledged; ` +
      `${sight.samples} samples (longest gap ${Math.round(sight.gapMsMost)} ms), at most ${sight.most} server connections, ` +
      `${sight.full} of ${tenantCount} budgets full at times; served again after ` +
      `${Math.max(...reports.map(({ servedAgainMs }) => servedAgainMs))} ms`,
  );
  console.log(
    [...errors]
      .sort(([, a], [, b]) => b - a)
      .map(([text, count]) => `${count} × ${text}`)
      .join('\n'),
  );

  const stored = new Set(rows.map(({ id }) => Number(id)));
  expect(sight.overruns).toEqual([]);
  expect(reports.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(reports.flatMap(({ forbidden }) => forbidden)).toEqual([]);
  expect(reports.flatMap(({ acknowledged }) => acknowledged.filter((id) => !stored.has(id)))).toEqual([]);
  expect(reports.flatMap(({ notSent }) => notSent.filter((id) => stored.has(id)))).toEqual([]);
  const { spells } = storm;
  expect(reports.flatMap(({ late }) => late).filter((one) => !mayBeLate(one, spells))).toEqual([]);
  expect(reports.flatMap(({ broken }) => broken).filter((one) => !mayBreak(one, spells))).toEqual([]);
  expect(reports.flatMap(({ unserved }) => unserved)).toEqual([]);
  expect(servedAgain).toBe(true);
  // Else the storm showed little of it.
  expect(sight.full).toBeGreaterThan(0);
});

/** A client of what stood still waits from when that was ended, or went on. */
function mayBeLate({ node, fromMs, toMs }: Incident, spells: readonly Spell[]): boolean {
  const frozenMs = spells
    .filter((spell) => spell.node === node && /^freeze-(process|node)$/.test(spell.what))
    .map((spell) => Math.max(0, Math.min(toMs, spell.toMs) - Math.max(fromMs, spell.fromMs)))
    .reduce((sum, ms) => sum + ms, 0);
  return toMs - fromMs - frozenMs <= deadlineMs;
}

/** A process that is killed, for standing still too, says nothing to its clients; one that drains does, unless it cannot end in time. */
function mayBreak({ node, toMs }: Incident, spells: readonly Spell[]): boolean {
  return spells.some(
    (spell) =>
      spell.node === node &&
      /^(kill|freeze)-/.test(spell.what) &&
      toMs >= spell.fromMs &&
      toMs <= spell.toMs + 5_000,
  );
}
