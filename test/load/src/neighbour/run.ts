// One run of `pnpm bench:neighbour`: tenants, a pooler, load generators, and rounds with and without the storm.
import { readFileSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { CreateTenantReply } from '@weir/api-contract';
import { type Pooler, type Postgres, startPostgres, waitUntil } from '@weir/harness';
import { startControlPlane } from '../control-plane.ts';
import { describeMachine } from '../machine.ts';
import { processCpuUs } from '../proc.ts';
import { cheapVerifier } from '../verifier.ts';
import { type Generator, placed, startGenerator } from './generator.ts';
import type { NoisyResult, QuietResult, Target } from './messages.ts';
import type { NeighbourReport, Round } from './report.ts';

export interface NeighbourOptions {
  /** Of each kind. */
  readonly rounds: number;
  readonly seconds: number;
  readonly quietTenants: number;
  readonly noisyClients: number;
  /** How far the storm's generators and its database yield: their work would be other machines'. */
  readonly noisyNice: number;
  /** More environment of the pooler, `NAME=value`. */
  readonly poolerEnv: Readonly<Record<string, string>>;
}

const role = { user: 'load', password: 'load-pw', database: 'app' };
/** The storm's clients are those of two processes, as one could not connect them fast enough. */
const noisyProcesses = 2;
const settleMs = 2_000;

/** Measures. `say` gets a line now and then. */
export async function runNeighbour(
  options: NeighbourOptions,
  say: (line: string) => void,
): Promise<Omit<NeighbourReport, 'command' | 'date'>> {
  const machine = describeMachine();
  const plane = await startControlPlane();
  const generators: Generator[] = [];
  const noisyServer = await startPostgres({ maxConnections: 100 });
  try {
    await using pooler = await plane.startPooler({ WEIR_PROCESSES: 'cores', ...options.poolerEnv });
    await prepare(plane.upstream);
    await prepare(noisyServer);
    await yieldTo(noisyServer, options.noisyNice);
    say(`making ${options.quietTenants + 1} tenants`);
    const targetOf = async (name: string, server: Postgres): Promise<Target> => {
      // A superuser, so that passwords are those of the database, whose hashing costs the generators next to nothing.
      const upstream = {
        host: server.host,
        port: server.port,
        database: role.database,
        user: server.user,
        password: server.password,
        tlsMode: 'disable' as const,
      };
      const { endpoint } = await plane.api.call<CreateTenantReply>('POST', '/v1/tenants', {
        ...plane.tenantBody(name),
        upstream,
        settings: name === 'noisy' ? { poolSize: 20, requireTls: false } : { poolSize: 1 },
      });
      return { ...role, port: pooler.port, servername: endpoint.hosts.pooled };
    };
    const noisyTarget = await targetOf('noisy', noisyServer);
    const quietTargets: Target[] = [];
    for (let i = 0; i < options.quietTenants; i++)
      quietTargets.push(await targetOf(`quiet-${i}`, plane.upstream));
    const quiet = await startGenerator(['quiet', JSON.stringify(quietTargets)], { core: 0, nice: 0 });
    generators.push(quiet);
    const perProcess = Math.ceil(options.noisyClients / noisyProcesses);
    const noisy = await Promise.all(
      Array.from({ length: noisyProcesses }, () =>
        startGenerator(['noisy', JSON.stringify(noisyTarget), String(perProcess)], {
          core: availableParallelism() - 1,
          nice: options.noisyNice,
        }),
      ),
    );
    generators.push(...noisy);
    const pids = await processesOf(pooler);
    say('warming up');
    await roundOf(quiet, [], 3, pids);
    const rounds: Round[] = [];
    for (let i = 0; i < options.rounds; i++) {
      for (const isNoisy of [false, true]) {
        const round = await roundOf(quiet, isNoisy ? noisy : [], options.seconds, pids);
        rounds.push(round);
        say(describe(round));
        if (isNoisy) await untilCalm(pooler, noisyTarget);
      }
    }
    return {
      machine: [...machine, `load average at the end: ${loadAverage()}`],
      placing: placingText(options.noisyNice),
      processes: pids.length - 1,
      quietTenants: options.quietTenants,
      noisyClients: options.noisyClients,
      seconds: options.seconds,
      rounds,
    };
  } finally {
    for (const generator of generators) generator.close();
    await noisyServer.close();
    await plane.close();
  }
}

async function prepare(server: Postgres): Promise<void> {
  await server.sql(`create role ${role.user} login password '${cheapVerifier(role.password)}'`);
  await server.sql(`drop database if exists ${role.database}`);
  await server.sql(`create database ${role.database} owner ${role.user}`);
}

/** Backends inherit it: what the storm's database does must not keep the core from the pooler, which is measured. */
async function yieldTo(server: Postgres, nice: number): Promise<void> {
  // A container counts its processes for itself.
  if (server.origin === 'container') return;
  const [row] = await server.sql<{ pid: string }>(
    "select split_part(pg_read_file('postmaster.pid'), chr(10), 1) as pid",
  );
  setPriority(Number(row!.pid), nice);
}

async function roundOf(
  quiet: Generator,
  noisy: readonly Generator[],
  seconds: number,
  pids: readonly number[],
): Promise<Round> {
  for (const generator of noisy) generator.send({ kind: 'storm' });
  // The first turn of a storm is a storm already; what is measured is one that goes on.
  await delay(settleMs);
  const cpu = () => pids.reduce((sum, pid) => sum + processCpuUs(pid), 0);
  const before = cpu();
  quiet.send({ kind: 'measure', seconds });
  const result = await quiet.next<QuietResult>();
  const poolerCpuPercent = (cpu() - before) / (seconds * 10_000);
  for (const generator of noisy) generator.send({ kind: 'calm' });
  const results = await Promise.all(noisy.map((generator) => generator.next<NoisyResult>()));
  return {
    isNoisy: noisy.length > 0,
    quiet: result,
    noisy: noisy.length === 0 ? null : results.reduce(addResults),
    poolerCpuPercent,
  };
}

function addResults(a: NoisyResult, b: NoisyResult): NoisyResult {
  const refused: Record<string, number> = { ...a.refused };
  for (const [word, count] of Object.entries(b.refused)) refused[word] = (refused[word] ?? 0) + count;
  return { logins: a.logins + b.logins, refused, rows: a.rows + b.rows };
}

/** Waits until none of the storm's clients is left. */
async function untilCalm(pooler: Pooler, { servername }: Target): Promise<void> {
  const [endpoint] = servername.split('-pooler', 1);
  const line = new RegExp(`^weir_clients\\{endpoint="${endpoint}",state="\\w+"\\} (\\d+)$`, 'gm');
  await waitUntil(
    async () => [...(await pooler.metrics()).matchAll(line)].every(([, count]) => count === '0'),
    {
      what: 'the clients of the storm are gone',
      intervalMs: 200,
    },
  );
  await delay(settleMs);
}

/** The supervisor and the processes under it. */
async function processesOf(pooler: Pooler): Promise<number[]> {
  const reply = await fetch(`${pooler.adminUrl}/readyz`);
  const { detail } = (await reply.json()) as { detail: { processes: { pid: number }[] } };
  return [pooler.pid, ...detail.processes.map(({ pid }) => pid)];
}

function describe({ isNoisy, quiet, poolerCpuPercent }: Round): string {
  const sorted = [...quiet.queries].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]?.toFixed(2);
  return `${isNoisy ? 'storm ' : 'silent'}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms, pooler ${poolerCpuPercent.toFixed(0)} %, failed ${JSON.stringify(quiet.failures)}`;
}

function placingText(nice: number): string {
  const words = placed({ core: 0, nice });
  const yielding = `nice ${nice}, as is its Postgres, since they would be other machines: they storm with what the core has left`;
  return words.includes('taskset')
    ? `load generators are processes of their own: that of the quiet tenants pinned to the first core, the two of the noisy one to the last (${yielding})`
    : `load generators are processes of their own, not pinned, since there is no taskset here (those of the noisy one: ${yielding})`;
}

function loadAverage(): string {
  return readFileSync('/proc/loadavg', 'utf8').split(' ')[0]!;
}
