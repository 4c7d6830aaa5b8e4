// Everything a hostile network can do to the listener: no crash, no hang, memory flat, and a good client never notices.
import { readdirSync, readlinkSync } from 'node:fs';
import { residentBytes, startWeir, type Weir, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseSeed, type SeededRandom, seededRandom } from '../seeded-random.ts';
import { type Aim, Attacker, type Leaving, type Pace, type Phase, phases } from './attacker.ts';
import { startGoodClient } from './good-client.ts';
import { afterLogin, beforeLogin, duringLogin, type HostileInput } from './inputs.ts';

// The short form that every test run includes; `pnpm test:hostile` asks for ten thousand.
const cases = Number(process.env.WEIR_HOSTILE_CASES ?? 1_000);
const warmUpCases = cases / 5;
const atOnce = 48;
// How long a case waits for the pooler to end it before it leaves by itself.
const waitMs = 60;
// Long enough for an honest login among fifty on a slow machine.
const loginTimeoutMs = 20_000;
// A collected heap breathes; a leak of 5 KB a case would show as 40 MB.
const growthBytesMax = 40 * 1024 * 1024;

let weir: Weir;
let aim: Aim;
beforeAll(async () => {
  weir = await startWeir({ budget: 10, poolerEnv: { WEIR_LOGIN_TIMEOUT_MS: String(loginTimeoutMs) } });
  aim = {
    port: weir.pooler.port,
    role: 'app',
    password: 'app-pw',
    database: weir.database,
    endpointLabel: `${weir.endpoint.id}-pooler`,
    serverName: weir.hosts.pooled,
  };
});
afterAll(() => weir?.close());

test(`${cases} hostile connections leave the pooler and a good client as they were`, {
  timeout: 3_600_000,
}, async () => {
  const seed = chooseSeed();
  console.log(`seed=${seed} (WEIR_SEED=${seed} replays)`);
  const socketsBefore = openSockets();
  const good = startGoodClient(await weir.client());
  const tally = new Map<string, number>();

  await attackAll(seed, 0, warmUpCases, tally);
  await allGone(socketsBefore);
  const warmBytes = residentBytes(weir.pooler.pid);
  await attackAll(seed, warmUpCases, cases, tally);
  await allGone(socketsBefore);
  // What was freed goes back when the collector gets to it.
  await waitUntil(() => residentBytes(weir.pooler.pid) - warmBytes < growthBytesMax, {
    what: `resident memory is back within ${growthBytesMax} bytes of ${warmBytes}`,
    timeoutMs: 120_000,
    intervalMs: 500,
  });

  const { queries, slowestMs } = await good.finish();
  console.log(
    [...tally.entries()].map(([name, count]) => `${name}: ${count}`).join(', '),
    `| good client: ${queries} queries, slowest ${slowestMs.toFixed(0)} ms`,
    `| resident: ${(warmBytes / 1e6).toFixed(0)} MB, then ${(residentBytes(weir.pooler.pid) / 1e6).toFixed(0)} MB`,
  );
  expect(queries).toBeGreaterThan(100);
  expect(weir.pooler.process.hasExited).toBe(false);
  expect((await fetch(`${weir.pooler.adminUrl}/healthz`)).status).toBe(200);
  await poolIsWhole();
});

test('a connection that falls silent before it has logged in is ended by the pooler', async () => {
  const silent = phases.filter((phase) => phase !== 'logged in' && phase !== 'in a transaction');
  const ended = await Promise.all(
    silent.map(async (phase, index) => {
      const attacker = new Attacker(aim, seededRandom(index));
      await attacker.reach(phase);
      return `${phase}: ${await attacker.leave('wait', loginTimeoutMs + 60_000)}`;
    }),
  );
  expect(ended).toEqual(silent.map((phase) => `${phase}: true`));
});

test('a connection that dribbles its startup packet does not outlive the login timeout', async () => {
  const attacker = new Attacker(aim, seededRandom(1));
  await attacker.reach('first bytes');
  const dribbling = new AbortController();
  const sending = (async () => {
    while (!dribbling.signal.aborted) {
      await attacker.send(Uint8Array.of(0), 'at once');
      await new Promise((next) => setTimeout(next, 200));
    }
  })();
  const endedByPooler = await attacker.leave('wait', loginTimeoutMs + 60_000);
  dribbling.abort();
  await sending;
  expect(endedByPooler).toBe(true);
});

/** Cases `from` to `to`, so many at a time. Each case has its own stream, so that its choices do not depend on the others. */
async function attackAll(seed: number, from: number, to: number, tally: Map<string, number>): Promise<void> {
  let next = from;
  const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);
  const worker = async () => {
    while (next < to) {
      const number = next++;
      const random = seededRandom(seed * 10_007 + number);
      count(await attackOnce(random));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function attackOnce(random: SeededRandom): Promise<string> {
  const phase = random.pick(phases);
  const input = inputFor(phase, random);
  const pace = random.pick<Pace>(['at once', 'at once', 'at once', 'in pieces', 'dribbled']);
  const leaving = random.pick<Leaving>(['wait', 'wait', 'half-close', 'reset', 'hang up']);
  const attacker = new Attacker(aim, random);
  try {
    await attacker.reach(phase);
  } catch (error) {
    // Until it turns hostile it is an honest client, and has to be served as one.
    await attacker.leave('hang up', 0);
    throw new Error(`a connection could not get to «${phase}»`, { cause: error });
  }
  await attacker.send(input.bytes, pace);
  return (await attacker.leave(leaving, waitMs)) ? 'ended by the pooler' : 'left by themselves';
}

function inputFor(phase: Phase, random: SeededRandom): HostileInput {
  switch (phase) {
    case 'first bytes':
    case 'after SSLRequest, in clear':
    case 'in TLS':
    case 'in direct TLS':
      return beforeLogin(random, aim.endpointLabel);
    case 'asked for a password':
    case 'asked for a proof':
      return duringLogin(random);
    case 'logged in':
    case 'in a transaction':
      return afterLogin(random);
  }
}

/** The pooler's own count of clients is the good one alone, and its open sockets are as few as before, give or take the pool. */
async function allGone(socketsBefore: number): Promise<void> {
  await waitUntil(
    async () => clientsIn(await weir.pooler.metrics()) <= 1 && openSockets() <= socketsBefore + 10 + 4,
    {
      what: 'every hostile connection is gone from the pooler',
      timeoutMs: loginTimeoutMs + 60_000,
      intervalMs: 100,
    },
  );
}

function clientsIn(metrics: string): number {
  const lines = metrics.split('\n').filter((line) => line.startsWith('weir_clients{'));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

function openSockets(): number {
  const directory = `/proc/${weir.pooler.pid}/fd`;
  return readdirSync(directory).filter((fd) => {
    try {
      return readlinkSync(`${directory}/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

/** Twice as many clients as the budget has servers: none of those may have been lost, and none be in a strange state. */
async function poolIsWhole(): Promise<void> {
  const clients = await Promise.all(Array.from({ length: 20 }, () => weir.client()));
  const replies = await Promise.all(
    clients.map((client, n) =>
      client.query('select $1::int as n, pg_sleep(0.05)', [n]).then(({ rows }) => rows[0].n),
    ),
  );
  expect(replies).toEqual(clients.map((_, n) => n));
  await Promise.all(clients.map((client) => client.end()));
  // Weir's one service connection, which reads passwords as another role, lives in the reserve.
  const [counted] = await weir.postgres.sql<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where usename = 'app' and backend_type = 'client backend'",
  );
  expect(counted!.n).toBeLessThanOrEqual(10);
}
