// Runs a program under a tool that counts what it does: instructions by valgrind, system calls by strace.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

// One thread, and compiled at the same points in every run: a count is the same again to a millionth.
const nodeArguments = ['--single-threaded', '--predictable'];

/** A tool around Node. */
export interface Tool {
  readonly unit: 'instructions' | 'system calls';
  readonly command: readonly string[];
  /** What it counted, from what it wrote. */
  read(output: string, file: string): number;
}

/** `file`: one that the tool may write to. */
export const valgrind = (): Tool => ({
  unit: 'instructions',
  command: [
    'valgrind',
    '--tool=callgrind',
    '--callgrind-out-file=/dev/null',
    // Compiled JavaScript is written over as the program runs.
    '--smc-check=all-non-file',
    process.execPath,
    ...nodeArguments,
  ],
  read: (output) => numberIn(output, /Collected : (\d+)/),
});

export const strace = (file: string): Tool => ({
  unit: 'system calls',
  command: ['strace', '-f', '-c', '-o', file, process.execPath],
  read: () =>
    numberIn(readFileSync(file, 'utf8'), /^\s*100\.00\s+\S+\s+(?:\d+\s+)?(\d+)(?:\s+\d+)?\s+total/m),
});

function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`the tool counted nothing:\n${text.slice(-2000)}`);
  return Number(found);
}

/** A counted program that runs. */
export class Counted {
  readonly child: ChildProcess;
  private readonly tool: Tool;
  private readonly file: string;
  private errors = '';
  private readonly closed: Promise<unknown>;

  constructor(tool: Tool, file: string, program: string, words: readonly string[]) {
    this.tool = tool;
    this.file = file;
    const [command, ...rest] = tool.command;
    this.child = spawn(command!, [...rest, program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-10_000);
    });
    this.closed = once(this.child, 'close');
  }

  /** The first line that it prints. */
  async firstLine(): Promise<string> {
    let text = '';
    for await (const chunk of this.child.stdout!) {
      text += String(chunk);
      if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
    }
    throw new Error(`it ended before it was ready:\n${this.errors}`);
  }

  /** What was counted, once it has ended. Rejects if it failed. */
  async count(): Promise<number> {
    this.child.stdout!.resume();
    await this.closed;
    if (this.child.exitCode !== 0) throw new Error(`it failed:\n${this.errors}`);
    return this.tool.read(this.errors, this.file);
  }
}
