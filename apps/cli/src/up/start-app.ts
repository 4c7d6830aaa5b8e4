// Starts one of Weir's processes as a child: its log goes to a file, and it is ready when it says so there.
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type RuntimeCommand, type ServerProcess, startServerProcess } from '@weir/local-servers';
import { CommandError } from '../command.ts';
import { distDirectory } from '../project.ts';

export interface AppStart {
  readonly name: string;
  /** File in dist/, and arguments. */
  readonly args: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logDirectory: string;
  /** Node, if nothing else is given. */
  readonly runtime?: RuntimeCommand;
  /** How many `ready` lines it writes. */
  readonly readyLines?: number;
}

/** Rejects with CommandError, which tells the errors that the process logged. */
export async function startApp(start: AppStart): Promise<ServerProcess> {
  const [bundle, ...args] = start.args;
  const file = join(distDirectory, bundle);
  if (!existsSync(file)) {
    throw new CommandError(`${file} is not built`, { hint: 'build it with: node scripts/build.mjs' });
  }
  mkdirSync(start.logDirectory, { recursive: true });
  const logFile = join(start.logDirectory, `${start.name}.log`);
  // Of the last start only: a demo must not fill the disk.
  const log = createWriteStream(logFile, { flags: 'w', mode: 0o600 });
  const env: NodeJS.ProcessEnv = { ...process.env, ...start.runtime?.env };
  for (const [name, value] of Object.entries(start.env)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  const child = await startServerProcess({
    name: start.name,
    command: start.runtime?.command ?? process.execPath,
    args: [file, ...args],
    env,
    cwd: process.cwd(),
  });
  log.write(child.output());
  child.onOutput((text) => log.write(text));
  child.exited.then(() => log.end());
  const ready = new RegExp(
    Array(start.readyLines ?? 1)
      .fill('"msg":"ready"')
      .join('[^]*'),
  );
  try {
    await child.waitForOutput(ready, 300_000);
  } catch (error) {
    await child.stop({ timeoutMs: 3_000 });
    throw new CommandError((error as Error).message, {
      output: troubleIn(child.output()),
      hint: `its whole log: ${logFile}`,
      cause: error,
    });
  }
  return child;
}

/** The warnings and errors of a JSON log as short lines, else its end as it is. */
export function troubleIn(output: string): string {
  const lines = output.trimEnd().split('\n');
  const told = lines.flatMap((line) => {
    try {
      const entry = JSON.parse(line) as { level?: string; msg?: string; err?: { message?: string } };
      if (!['warn', 'error', 'fatal'].includes(entry.level ?? '')) return [];
      return [[entry.msg, entry.err?.message].filter(Boolean).join(': ')];
    } catch {
      return [line];
    }
  });
  return (told.length > 0 ? told : lines).slice(-15).join('\n');
}

/** What carries the pooler's connections and why, as its log has it, in words for the terminal. */
export function transportOf(child: Pick<ServerProcess, 'output'>): string {
  for (const line of child.output().split('\n')) {
    if (!line.includes('"transport":')) continue;
    try {
      const { transport, reason } = JSON.parse(line) as { transport: string; reason: string };
      return `ready, ${transport} transport (${reason})`;
    } catch {
      // Not a line of the log, or one that is cut.
    }
  }
  return 'ready';
}
