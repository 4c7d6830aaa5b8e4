// Weir itself as a target: control-api, one pooler and one endpoint in front of the benchmark's Postgres.
import { startWeir } from '@weir/harness';
import { type PoolerRuntime, runtimeCommand } from '@weir/local-servers';
import weirPackage from '../../../package.json' with { type: 'json' };
import type { BenchPostgres } from './bench-postgres.ts';
import { versionOf } from './programs.ts';
import type { Target } from './target.ts';

/** Starts Weir with an endpoint that also takes clients without TLS, a pooler on each runtime, and the peer's pool size. */
export async function startWeirTargets(
  postgres: BenchPostgres,
  poolSize: number,
  runtimes: readonly PoolerRuntime[],
): Promise<Target[]> {
  const weir = await startWeir({
    postgres: postgres.server,
    // Clients have TLS in some cells; the way to the server never has, for any pooler.
    tlsMode: 'disable',
    poolers: runtimes.length,
    runtimes,
    // The poolers share it.
    budget: 2 * poolSize * runtimes.length,
    settings: { poolSize, requireTls: false },
  });
  return runtimes.map((runtime, index) => ({
    name: runtime === 'bun' ? 'weir-bun' : 'weir',
    version: `Weir ${weirPackage.version} on ${runtimeVersion(runtime)}, one process`,
    pids: [weir.poolers[index]!.pid],
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

function runtimeVersion(runtime: PoolerRuntime): string {
  if (runtime === 'node') return `Node ${process.version}`;
  return `Bun ${versionOf(runtimeCommand(runtime)?.command ?? 'bun')}`;
}
