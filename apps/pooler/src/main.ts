// Entry of the pooler process, and of its supervisor: environment in, signals out.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { startPooler } from './compose.ts';
import { type PoolerConfig, readConfig } from './config.ts';
import { onEndSignals } from './end-signals.ts';
import { runSupervisor } from './supervisor/run.ts';
import { runSupervised } from './supervisor/supervised.ts';

/** Runs until told to end. */
async function main(): Promise<void> {
  const { env } = process;
  const supervised = env.WEIR_SUPERVISED === '1';
  const config = readConfig(env, `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`);
  if (config.processes !== null && !supervised) {
    process.exit(await runSupervisor(config, env));
  }
  if (supervised) await runSupervised({ ...config, adminListen: null });
  else await runAlone(config);
  process.exit(0);
}

async function runAlone(config: PoolerConfig): Promise<void> {
  const pooler = await startPooler(config);
  await new Promise<void>((resolve, reject) => {
    onEndSignals(
      () => pooler.close().then(resolve, reject),
      () => process.exit(1),
    );
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
