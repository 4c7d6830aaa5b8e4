// What the benchmark ran on, for the head of its report.
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** Facts about the machine, as lines of the report. */
export function describeMachine(): string[] {
  const processors = cpus();
  const system = /^PRETTY_NAME="?([^"\n]+)/m.exec(readTextOr('/etc/os-release', ''))?.[1];
  return [
    `CPU: ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}`,
    `memory: ${(totalmem() / 1024 ** 3).toFixed(1)} GiB`,
    `kernel: Linux ${release()}${system ? ` (${system})` : ''}`,
    `load average at the start: ${loadavg()[0]!.toFixed(2)}`,
  ];
}

function readTextOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback;
  }
}
