// One of Weir's own processes as a test runs it: the built bundle in a child process, ready when it says so in its log.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type PoolerRuntime,
  runtimeCommand,
  type ServerProcess,
  startServerProcess,
} from '@weir/local-servers';
import { printOnFailure } from './failure-log.ts';

// From its source, and from a bundle in dist/.
const here = dirname(fileURLToPath(import.meta.url));
export const distDirectory = existsSync(join(here, 'cli.mjs')) ? here : join(here, '..', '..', '..', 'dist');

/** One line of a process's log. */
export type LogLine = Record<string, unknown> & { readonly level?: string; readonly msg?: string };

/** What control-api and pooler have in common. */
export interface WeirProcess {
  readonly pid: number;
  readonly process: ServerProcess;
  /** The line that says `ready`. */
  readonly ready: LogLine;
  /** Log lines so far, oldest first, as far as kept. */
  log(): LogLine[];
  /** All it wrote, as text. */
  output(): string;
  /** SIGTERM, and waits for the end. Rejects unless the process ended in order. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `one-process`: control-api and a pooler in one, as `npm start` has them where there is no Redis. */
export type WeirProgram = 'pooler' | 'control-api' | 'worker' | 'one-process';

/** Starts the program from `dist/` with the given environment and waits until all that it holds is ready. */
export async function startWeirProcess(
  bundle: WeirProgram,
  environment: Record<string, string | undefined>,
  runtime: PoolerRuntime = 'node',
): Promise<WeirProcess> {
  const isBoth = bundle === 'one-process';
  const file = join(distDirectory, isBoth ? 'cli.mjs' : `${bundle}.mjs`);
  if (!existsSync(file)) throw new Error(`${file} is not built: node scripts/build.mjs`);
  const run = runtimeCommand(runtime);
  if (run === null) throw new Error(`there is no ${runtime}: neither on PATH nor in WEIR_BUN`);
  const child = await startServerProcess({
    name: bundle,
    command: run.command,
    args: isBoth ? [file, bundle] : [file],
    // Nothing of this machine's own settings leaks into a test.
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TMPDIR: process.env.TMPDIR,
      NODE_COMPILE_CACHE: join(distDirectory, '.compile-cache'),
      WEIR_LOG_LEVEL: process.env.WEIR_TEST_LOG_LEVEL ?? 'info',
      ...run.env,
      ...environment,
    },
  });
  await printOnFailure(bundle, () => child.output());
  const lines = () =>
    child
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as LogLine];
        } catch {
          return [];
        }
      });
  try {
    await child.waitForOutput(isBoth ? /"msg":"ready"[\s\S]*"msg":"ready"/ : /"msg":"ready"/, 120_000);
  } catch (error) {
    await child.stop();
    throw new Error(`${bundle} did not become ready:\n${child.output().slice(-4_000)}`, { cause: error });
  }
  const close = async () => {
    const ended = await child.stop({ timeoutMs: 15_000 });
    if (ended.code !== 0) {
      throw new Error(
        `${bundle} did not end in order (${JSON.stringify(ended)}):\n${child.output().slice(-4_000)}`,
      );
    }
  };
  return {
    pid: child.pid,
    process: child,
    ready: lines().find((line) => line.msg === 'ready')!,
    log: lines,
    output: () => child.output(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
