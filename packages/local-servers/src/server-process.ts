// One child process that serves: its output is kept, its end is known, and it never outlives us.
import { type ChildProcess, spawn } from 'node:child_process';
import { LocalServerError } from './errors.ts';
import { guardProcess } from './process-guard.ts';

// Enough for the story of a failed start; a chatty server must not eat the memory of whoever started it.
const outputCharactersMax = 256 * 1024;

/** How a server process ended. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running child process. */
export interface ServerProcess {
  readonly name: string;
  readonly pid: number;
  /** The end of what it wrote to stdout and stderr, in order of arrival. */
  output(): string;
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<ServerExit>;
  readonly hasExited: boolean;
  /** Calls `listener` for each chunk of output from now on. Returns the unsubscribe. */
  onOutput(listener: (text: string) => void): () => void;
  /** Resolves with the first match in the output so far or to come; rejects with LocalServerError when it ends or time runs out. */
  waitForOutput(pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray>;
  kill(signal: NodeJS.Signals): void;
  /** Sends `signal` (SIGTERM), then SIGKILL once `timeoutMs` (10 s) have passed. Resolves when it is gone. */
  stop(options?: { signal?: NodeJS.Signals; timeoutMs?: number }): Promise<ServerExit>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ServerProcessOptions {
  /** How errors call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Written to its stdin, which is then closed. */
  readonly input?: string;
  /** The signal that asks it to end in order. */
  readonly endSignal?: 'INT' | 'TERM';
}

/** Starts a process. Rejects with LocalServerError when the program cannot be run at all. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const endSignal = options.endSignal ?? 'TERM';
  const child: ChildProcess = spawn(options.command, [...options.args], {
    // Not in our process group: a Ctrl-C in the terminal reaches us alone, and we end our servers in order.
    detached: true,
    cwd: options.cwd ?? '/',
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(options.env && { env: options.env }),
    ...(options.uid !== undefined && { uid: options.uid, gid: options.gid ?? options.uid }),
  });

  let output = '';
  const listeners = new Set<(text: string) => void>();
  const take = (chunk: string) => {
    output = (output + chunk).slice(-outputCharactersMax);
    for (const listener of listeners) listener(chunk);
  };
  child.stdout?.setEncoding('utf8').on('data', take);
  child.stderr?.setEncoding('utf8').on('data', take);

  let exit: ServerExit | null = null;
  let forget: () => void = () => {};
  const exited = new Promise<ServerExit>((resolve) => {
    let grace: NodeJS.Timeout | undefined;
    const end = () => {
      clearTimeout(grace);
      if (exit !== null) return;
      exit = { code: child.exitCode, signal: child.signalCode };
      forget();
      resolve(exit);
    };
    // By `close` its last words have been read, but a process of its own that lives on may hold the pipes open.
    child.once('close', end);
    child.once('exit', () => {
      grace = setTimeout(end, 1_000);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(
        new LocalServerError('BINARIES_UNUSABLE', `${options.name} could not be started: ${error.message}`, {
          cause: error,
        }),
      ),
    );
  });
  child.on('error', () => {});
  const pid = child.pid!;
  forget = guardProcess(pid, endSignal);
  if (exit !== null) forget();
  if (options.input !== undefined) {
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
  }

  const server: ServerProcess = {
    name: options.name,
    pid,
    output: () => output,
    exited,
    get hasExited() {
      return exit !== null;
    },
    onOutput(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    waitForOutput(pattern, timeoutMs) {
      return new Promise((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined;
        const look = () => {
          const match = output.match(pattern);
          if (match === null) return false;
          settle();
          resolve(match);
          return true;
        };
        const settle = () => {
          listeners.delete(look);
          clearTimeout(timer);
        };
        if (look()) return;
        listeners.add(look);
        timer = setTimeout(() => {
          settle();
          reject(
            new LocalServerError(
              'NOT_READY_IN_TIME',
              `${options.name} was not ready within ${timeoutMs} ms`,
              {
                output: tail(output),
              },
            ),
          );
        }, timeoutMs);
        exited.then((facts) => {
          if (look()) return;
          settle();
          reject(
            new LocalServerError(
              'EXITED_EARLY',
              `${options.name} ended before it was ready (${describeExit(facts)})`,
              {
                output: tail(output),
              },
            ),
          );
        });
      });
    },
    kill(signal) {
      if (exit === null) child.kill(signal);
    },
    async stop(stopOptions = {}) {
      if (exit !== null) return exit;
      child.kill(stopOptions.signal ?? (endSignal === 'INT' ? 'SIGINT' : 'SIGTERM'));
      const timer = setTimeout(() => child.kill('SIGKILL'), stopOptions.timeoutMs ?? 10_000);
      const facts = await exited;
      clearTimeout(timer);
      return facts;
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
    },
  };
  return server;
}

function describeExit(facts: ServerExit): string {
  return facts.signal === null ? `exit code ${facts.code}` : `signal ${facts.signal}`;
}

function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-25).join('\n');
}
