// Runs a program to its end and gives what it wrote; the program never outlives us.
import { type ExecFileOptions, execFile } from 'node:child_process';
import { guardProcess } from './process-guard.ts';

/** Runs `command`; rejects with Node's own error, which carries `stdout` and `stderr`, when it fails. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: ExecFileOptions,
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    let forget = () => {};
    const child = execFile(command, [...args], { ...options, encoding: 'utf8' }, (error, stdout, stderr) => {
      forget();
      if (error) reject(Object.assign(error, { stdout, stderr }));
      else resolve({ stdout, stderr });
    });
    if (child.pid !== undefined) forget = guardProcess(child.pid, 'TERM');
  });
}
