// The real pooler of a folder that has been built, in front of one server, without control plane and Redis. Arguments:
// the folder, the server's port, server connections. Tells its port and process on stdout; ends as the pooler does on SIGTERM.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createMemoryFleet, type Fleet } from '@weir/fleet';
import { ensureSealKeyFile } from '@weir/local-servers';
import { endpointOf } from './endpoint.ts';

/** What this needs of the pooler's parts, of this release or an earlier one. */
interface PoolerParts {
  readConfig(env: Readonly<Record<string, string>>, fallbackId: string): unknown;
  startPooler(
    config: unknown,
    parts: { readonly fleet: Fleet },
  ): Promise<{ readonly listen: readonly { readonly port: number }[]; close(): Promise<void> }>;
}

async function main(): Promise<void> {
  const [folder, port, poolSize] = process.argv.slice(2) as [string, string, string];
  const file = pathToFileURL(join(folder, 'dist', 'pooler-parts.mjs')).href;
  const parts = (await import(file)) as PoolerParts;
  const directory = mkdtempSync(join(tmpdir(), 'weir-count-'));
  const sealKeyFile = join(directory, 'seal-key');
  ensureSealKeyFile(sealKeyFile);
  const fleet = createMemoryFleet();
  await fleet.publisher.publish(endpointOf(Number(port), Number(poolSize)), 1);
  await fleet.publisher.markComplete(1);
  const config = parts.readConfig(
    {
      WEIR_LISTEN: '127.0.0.1:0',
      WEIR_ADMIN_LISTEN: '127.0.0.1:0',
      WEIR_SEAL_KEY_FILE: sealKeyFile,
      WEIR_EGRESS_ALLOW: 'loopback',
      WEIR_LOG_LEVEL: 'error',
      WEIR_TRANSPORT: process.env.WEIR_TRANSPORT ?? 'auto',
    },
    'counted',
  );
  const pooler = await parts.startPooler(config, { fleet });
  process.once('SIGTERM', () => {
    void pooler.close().finally(() => {
      rmSync(directory, { recursive: true, force: true });
      process.exit(0);
    });
  });
  process.stdout.write(`${pooler.listen[0]!.port} ${process.pid}\n`);
}

await main();
