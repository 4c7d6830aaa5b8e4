// What a pooler process runs on: Node, or Bun where that was asked for and is to be had.
import { findProgram } from './find-program.ts';

/** `WEIR_POOLER_RUNTIME`'s values. */
export type PoolerRuntime = 'node' | 'bun';

/** How to start a bundle on a runtime. */
export interface RuntimeCommand {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The runtime that `name` stands for; undefined and empty stand for Node. Throws an Error for other words. */
export function poolerRuntimeOf(name: string | undefined): PoolerRuntime {
  if (name === undefined || name === '' || name === 'node') return 'node';
  if (name === 'bun') return 'bun';
  throw new Error(`WEIR_POOLER_RUNTIME is «${name}»: it is node or bun`);
}

/** Null if there is no Bun: neither what WEIR_BUN names nor one on PATH. */
export function runtimeCommand(runtime: PoolerRuntime): RuntimeCommand | null {
  if (runtime === 'node') return { command: process.execPath, env: {} };
  const command = process.env.WEIR_BUN || findProgram(['bun']);
  if (command === null) return null;
  // Each read brings memory of its own. Given back to the system and fetched again, its pages cost more than the reads.
  return { command, env: { MIMALLOC_PURGE_DELAY: '-1' } };
}
