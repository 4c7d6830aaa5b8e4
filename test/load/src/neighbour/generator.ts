// Starts load generators as processes of their own, pinned to a core where that can be done, and speaks with them.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Generator {
  readonly pid: number;
  send(order: object): void;
  /** Resolves with the next thing that it says. */
  next<T>(): Promise<T>;
  close(): void;
}

export interface Placing {
  /** Index of a core; wraps around. */
  readonly core: number;
  /** How far it yields to others that want the core, 0 to 19. */
  readonly nice: number;
}

const canPin = spawnSync('taskset', ['--version']).status === 0;

/** What is in front of a program that is to run as `placing` says. */
export function placed({ core, nice }: Placing): string[] {
  const pinned = canPin ? ['taskset', '-c', String(core % availableParallelism())] : [];
  return [...pinned, ...(nice > 0 ? ['nice', '-n', String(nice)] : [])];
}

/** Resolves once the generator says that it is ready. `words` are its arguments, the first of them its kind. */
export async function startGenerator(words: readonly string[], placing: Placing): Promise<Generator> {
  const program = fileURLToPath(import.meta.url);
  const [command, ...args] = [...placed(placing), process.execPath, program, ...words];
  const child: ChildProcess = spawn(command!, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const said: unknown[] = [];
  let waiting: { resolve(value: unknown): void; reject(error: Error): void } | null = null;
  let ended = false;
  child.on('message', (message) => {
    if (waiting === null) said.push(message);
    else waiting.resolve(message);
    waiting = null;
  });
  child.once('exit', () => {
    ended = true;
    waiting?.reject(new Error(`the load generator "${words[0]}" ended`));
  });
  const generator: Generator = {
    pid: child.pid!,
    send: (order) => void child.send(order),
    next<T>() {
      if (said.length > 0) return Promise.resolve(said.shift() as T);
      if (ended) return Promise.reject(new Error(`the load generator "${words[0]}" has ended`));
      return new Promise<T>((resolve, reject) => {
        waiting = { resolve: resolve as (value: unknown) => void, reject };
      });
    },
    close: () => void child.kill(),
  };
  await generator.next();
  return generator;
}
