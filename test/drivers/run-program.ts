// Runs a driver's program in another language and takes its report from the last line it prints.
import { spawn } from 'node:child_process';
import type { DriverReport } from './scenario.ts';

/** What a program finds in its environment. */
export interface ProgramCase {
  readonly url: string;
  /** A table of its own to make, fill and drop. */
  readonly table: string;
  /** Settings of the driver, as the program understands them. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Runs the program to its end. Rejects with its output when it fails. */
export async function runProgram(
  command: string,
  args: readonly string[],
  run: ProgramCase,
  environment: Readonly<Record<string, string>> = {},
): Promise<DriverReport> {
  const output = await runCommand(command, args, {
    WEIR_URL: run.url,
    WEIR_TABLE: run.table,
    WEIR_SETTINGS: JSON.stringify(run.settings ?? {}),
    ...environment,
  });
  return JSON.parse(output.trimEnd().split('\n').at(-1)!) as DriverReport;
}

/** Runs any command with nothing of this machine's settings but PATH. Resolves with stdout; rejects with all it wrote. */
export function runCommand(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  options: { readonly input?: string; readonly cwd?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { PATH: process.env.PATH, HOME: '/nonexistent', TMPDIR: process.env.TMPDIR, ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new Error(
            `${command} ended with ${code ?? signal}:\n${stdout.slice(-2000)}\n${stderr.slice(-4000)}`,
          ),
        );
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}
