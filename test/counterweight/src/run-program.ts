// A stack's application as a child process: what it is told, when it is ready, and the outcome that it prints last.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Program } from './stack.ts';

/** What an application prints as its last line. */
export interface Outcome {
  readonly client: string;
  readonly rounds: number;
  readonly roundsLeast: number;
  readonly errors: Readonly<Record<string, number>>;
}

export interface Running {
  /** Every worker has a client connection and has done one round. */
  readonly ready: Promise<void>;
  /** Rejects with what it wrote when it ends without an outcome. Its connections are still open when this resolves. */
  readonly outcome: Promise<Outcome>;
  /** It has ended. */
  readonly ended: Promise<void>;
}

/** Starts `program`; it is ended by force after `limitSeconds`. */
export function runProgram(
  program: Program,
  env: Readonly<Record<string, string>>,
  limitSeconds: number,
): Running {
  const child = spawn(program.command, program.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, HOME: '/nonexistent', ...env, ...program.env },
  });
  let written = '';
  const keep = (text: string) => {
    written = (written + text).slice(-8_000);
  };
  child.stderr.setEncoding('utf8').on('data', keep);
  const timer = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
  const ready = new Later<void>();
  const outcome = new Later<Outcome>();
  const ended = new Later<void>();
  // Who waits for one of them first learns of the end; the others must not end the process by being unheard.
  for (const one of [ready, outcome]) one.promise.catch(() => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'ready') ready.resolve();
    else if (line.startsWith('{"client":')) outcome.resolve(JSON.parse(line) as Outcome);
    // Drivers print notices there.
    else keep(`${line}\n`);
  });
  const over = (how: string) => {
    clearTimeout(timer);
    const error = new Error(`${program.command} ${how}:\n${written}`);
    ready.reject(error);
    outcome.reject(error);
    ended.resolve();
  };
  child.once('error', (error) => over(`could not be started: ${error.message}`));
  child.once('close', (code, signal) => over(`ended with ${code ?? signal}`));
  return { ready: ready.promise, outcome: outcome.promise, ended: ended.promise };
}

/** A promise that is settled from outside. */
class Later<T> {
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}
