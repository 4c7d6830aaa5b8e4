// Which ports a local Weir listens on: those that were asked for, those of the last start, or the usual ones, if free.
import { freePort, isPortFree, portOwner } from '@weir/local-servers';
import { CommandError } from '../command.ts';
import type { LocalPorts } from '../local-state.ts';
import type { Progress } from './progress.ts';

const usual: LocalPorts = { pooler: 5432, admin: 9127, api: 8080, catalog: 54_320, demo: 54_330 };

const names: Record<keyof LocalPorts, string> = {
  pooler: 'the pooler',
  admin: "the pooler's health and metrics",
  api: 'the API',
  catalog: "the catalog's Postgres",
  demo: "the demo tenant's Postgres",
};

/** Free ports. One that was asked for by name and is taken throws CommandError, which names its owner and a free port. */
export async function choosePorts(
  asked: { readonly [Name in keyof LocalPorts]?: number | null },
  last: LocalPorts | null,
  patienceMs: number,
  progress: Progress,
): Promise<LocalPorts> {
  const deadline = Date.now() + patienceMs;
  const chosen: Partial<Record<keyof LocalPorts, number>> = {};
  for (const name of Object.keys(usual) as (keyof LocalPorts)[]) {
    const others = new Set(Object.values(chosen));
    const wanted = asked[name] ?? last?.[name] ?? usual[name];
    if (!others.has(wanted) && (await becomesFree(wanted, wanted === last?.[name] ? deadline : 0))) {
      chosen[name] = wanted;
      continue;
    }
    const free = await freePort(wanted + 1, others);
    if (asked[name] != null) {
      throw new CommandError(`port ${wanted} for ${names[name]} is taken${by(wanted)}`, {
        hint: `port ${free} is free`,
      });
    }
    progress.say(`port ${wanted} is taken${by(wanted)}; ${names[name]} takes ${free} instead`);
    chosen[name] = free;
  }
  return chosen as LocalPorts;
}

async function becomesFree(port: number, deadline: number): Promise<boolean> {
  for (;;) {
    if (await isPortFree(port)) return true;
    if (Date.now() > deadline) return false;
    await new Promise((done) => setTimeout(done, 100));
  }
}

function by(port: number): string {
  const owner = portOwner(port);
  if (owner?.name != null) return ` by ${owner.name} (pid ${owner.pid})`;
  return owner?.userId == null ? '' : ` by a process of user ${owner.userId}`;
}
