// Weir itself as a target: control-api, one pooler and one endpoint in front of the benchmark's Postgres.
import { startWeir } from '@weir/harness';
import weirPackage from '../../../package.json' with { type: 'json' };
import type { BenchPostgres } from './bench-postgres.ts';
import type { Target } from './target.ts';

/** Starts Weir with an endpoint that also takes clients without TLS, and the same pool size as the peer's. */
export async function startWeirTarget(postgres: BenchPostgres, poolSize: number): Promise<Target> {
  const weir = await startWeir({
    postgres: postgres.server,
    // Clients have TLS in some cells; the way to the server never has, for any pooler.
    tlsMode: 'disable',
    budget: 2 * poolSize,
    settings: { poolSize, requireTls: false },
  });
  return {
    name: 'weir',
    version: `Weir ${weirPackage.version} on Node ${process.version}, one process`,
    pids: weir.poolers.map((pooler) => pooler.pid),
    address: {
      ...postgres.target.address,
      port: weir.pooler.port,
      // pgbench has no place for SNI without TLS: the endpoint travels in the user name.
      user: `${postgres.target.address.user}.${weir.endpoint.id}-pooler`,
    },
    refuses: () => null,
    close: () => weir.close(),
  };
}
