// Entry of the pooler process: environment in, signals out.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { startPooler } from './compose.ts';
import { readConfig } from './config.ts';

/** Runs a pooler until it is told to end. */
async function main(): Promise<void> {
  const config = readConfig(process.env, `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`);
  const pooler = await startPooler(config);
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    pooler.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
