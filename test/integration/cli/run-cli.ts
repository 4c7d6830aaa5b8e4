// Runs the built `weir` command as a person would, with nothing of this machine's own settings.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from standard input. */
  readonly input?: string;
}

const program = join(fileURLToPath(new URL('../../..', import.meta.url)), 'dist', 'cli.mjs');

/** `configDir` is where a login is stored. Whoever starts it ends it. */
export function startCli(
  configDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [program, ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: configDir,
      WEIR_CONFIG_DIR: configDir,
      WEIR_STATE_DIR: join(configDir, 'none'),
      ...env,
    },
  });
}

/** Runs it to its end each time. */
export function cliIn(configDir: string, common: Readonly<Record<string, string>> = {}) {
  return (args: readonly string[], options: CliOptions = {}): Promise<CliResult> =>
    new Promise((resolve, reject) => {
      const child = startCli(configDir, args, { ...common, ...options.env });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
      child.stdin.on('error', () => {});
      child.stdin.end(options.input ?? '');
    });
}
