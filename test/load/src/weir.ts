// Weir itself as a target: control-api, one pooler and one endpoint in front of the benchmark's Postgres.
import { type Pooler, startWeir } from '@weir/harness';
import { type PoolerRuntime, runtimeCommand } from '@weir/local-servers';
import weirPackage from '../../../package.json' with { type: 'json' };
import type { BenchPostgres } from './bench-postgres.ts';
import { versionOf } from './programs.ts';
import type { Target, TargetName } from './target.ts';

/** The targets that are Weir, each with a pooler of its own kind. */
const kinds = {
  weir: { runtime: 'node', env: {} },
  'weir-node': { runtime: 'node', env: { WEIR_TRANSPORT: 'node' } },
  'weir-bun': { runtime: 'bun', env: {} },
  'weir-two': { runtime: 'node', env: { WEIR_PROCESSES: '2' } },
} as const;

type WeirTargetName = keyof typeof kinds;

function isWeir(name: TargetName): name is WeirTargetName {
  return name in kinds;
}

/** Starts Weir with an endpoint that also takes clients without TLS, a pooler for each target that is Weir, and the peer's pool size. */
export async function startWeirTargets(
  postgres: BenchPostgres,
  poolSize: number,
  names: readonly TargetName[],
): Promise<Target[]> {
  const wanted = names.filter(isWeir);
  if (wanted.length === 0) return [];
  const weir = await startWeir({
    postgres: postgres.server,
    // Clients have TLS in some cells; the way to the server never has, for any pooler.
    tlsMode: 'disable',
    poolers: wanted.length,
    eachPooler: wanted.map((name) => kinds[name]),
    // The poolers share it.
    budget: 2 * poolSize * wanted.length,
    settings: { poolSize, requireTls: false },
    // A connection for each transaction is what one cell measures, and the peer has no such limit.
    poolerEnv: { WEIR_CONNECTS_PER_SECOND: '0' },
  });
  const pids = await Promise.all(weir.poolers.map(pidsOf));
  return wanted.map((name, index) => ({
    name,
    version: `Weir ${weirPackage.version} on ${runtimeVersion(kinds[name].runtime)}, ${transportOf(weir.poolers[index]!)}, ${name === 'weir-two' ? 'two processes' : 'one process'}`,
    pids: pids[index]!,
    address: {
      ...postgres.target.address,
      port: weir.poolers[index]!.port,
      // pgbench has no place for SNI without TLS: the endpoint travels in the user name.
      user: `${postgres.target.address.user}.${weir.endpoint.id}-pooler`,
    },
    refuses: () => null,
    // The last of them ends what they share.
    close: () => (index === 0 ? weir.close() : Promise.resolve()),
  }));
}

/** Of the process itself and of those that it supervises. */
async function pidsOf(pooler: Pooler): Promise<number[]> {
  const reply = await fetch(`${pooler.adminUrl}/readyz`);
  const { detail } = (await reply.json()) as { detail: { processes?: { pid: number }[] } };
  return [pooler.pid, ...(detail.processes ?? []).map(({ pid }) => pid)];
}

function transportOf(pooler: Pooler): string {
  const line = pooler.log().find(({ transport }) => typeof transport === 'string');
  return `${line?.transport ?? 'unknown'} transport`;
}

function runtimeVersion(runtime: PoolerRuntime): string {
  if (runtime === 'node') return `Node ${process.version}`;
  return `Bun ${versionOf(runtimeCommand(runtime)?.command ?? 'bun')}`;
}
