// `weir one-process`: control-api and one pooler in this process over shared state in memory, for machines without Redis.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createMemoryFleet, type Fleet } from '@weir/fleet';
import { defineCommand } from '../command.ts';
import { distDirectory } from '../project.ts';

interface Running {
  close(): Promise<void>;
}

// What the two apps lend for this. They are bundles of their own, found by address and not imported: apps know no apps.
interface ControlApiParts {
  readControlApiConfig(env: NodeJS.ProcessEnv): unknown;
  startControlApi(config: unknown, given: { fleet: Fleet }): Promise<Running>;
}
interface PoolerParts {
  readConfig(env: NodeJS.ProcessEnv, fallbackId: string): unknown;
  startPooler(config: unknown, given: { fleet: Fleet }): Promise<Running>;
}

export const oneProcess = defineCommand({
  name: 'one-process',
  usage: 'one-process',
  summary: null,
  help: '',
  options: {},
  async run() {
    const parts = (name: string) => import(pathToFileURL(join(distDirectory, `${name}-parts.mjs`)).href);
    const controlApi = (await parts('control-api')) as ControlApiParts;
    const pooler = (await parts('pooler')) as PoolerParts;
    const fleet = createMemoryFleet();
    const running: Running[] = [];
    let leaving = false;
    const leave = async () => {
      if (leaving) return;
      leaving = true;
      setTimeout(() => process.exit(1), 15_000).unref();
      for (const part of running.splice(0).reverse()) await part.close();
      await fleet.close();
      process.exit(0);
    };
    process.on('SIGTERM', leave);
    process.on('SIGINT', leave);
    running.push(await controlApi.startControlApi(controlApi.readControlApiConfig(process.env), { fleet }));
    running.push(await pooler.startPooler(pooler.readConfig(process.env, `local-${process.pid}`), { fleet }));
  },
});
