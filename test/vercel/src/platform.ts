// Runs functions in the shape in which Vercel runs them: isolated instances, module-level pools, frozen between two calls.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What a call came to. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly error?: string;
  /** From the call's arrival to the function's response, a cold start included. */
  readonly ms: number;
}

/** A process that holds instances of one function. */
export interface Host {
  /** Calls an instance; its first call starts it. Rejects when the process ends. */
  call(instance: number): Promise<Answer>;
  /** Resolves once nothing is left that the instances asked to wait for. */
  settled(): Promise<void>;
  /** Takes the processor away from all its instances, and gives it back. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export interface HostOptions {
  /** The folder `test/vercel`. */
  readonly folder: string;
  /** File of the bundled function. */
  readonly bundle: string;
  readonly databaseUrl: string;
  readonly caFile: string;
}

export async function startHost(options: HostOptions): Promise<Host> {
  const { folder, bundle, databaseUrl, caFile } = options;
  const child: ChildProcess = fork(join(folder, 'instances', 'host.ts'), {
    // Names under localhost resolve on few machines.
    execArgv: [
      ...['--disable-warning=ExperimentalWarning'],
      ...['--import', join(folder, '..', 'drivers', 'resolve-localhost.mjs')],
    ],
    env: {
      PATH: process.env.PATH,
      WEIR_FUNCTION: bundle,
      DATABASE_URL: databaseUrl,
      NODE_EXTRA_CA_CERTS: caFile,
      // node-postgres says of each sslmode=require that it verifies; once is enough.
      NODE_NO_WARNINGS: '1',
      // By these a function knows that it is at Vercel.
      VERCEL_URL: 'function.test',
      VERCEL_REGION: 'local1',
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const answers = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  const unsettled = new Set<number>();
  let whenSettled: (() => void)[] = [];
  let calls = 0;
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the host of functions ended')));
    child.on('message', (message: { ready?: true; settled?: number; call?: number } & Answer) => {
      if (message.ready) resolve();
      else if (message.settled !== undefined) {
        unsettled.delete(message.settled);
        if (unsettled.size === 0) for (const tell of whenSettled.splice(0)) tell();
      } else if (message.call !== undefined) {
        answers.get(message.call)?.resolve(message);
        answers.delete(message.call);
      }
    });
  });
  const exited = once(child, 'exit').then(() => {
    for (const { reject } of answers.values()) reject(new Error('the host of functions ended'));
    answers.clear();
    for (const tell of whenSettled.splice(0)) tell();
  });
  await ready;
  return {
    call(instance) {
      const call = calls++;
      unsettled.add(call);
      return new Promise((resolve, reject) => {
        answers.set(call, { resolve, reject });
        child.send({ call, instance });
      });
    },
    settled: () =>
      unsettled.size === 0 ? Promise.resolve() : new Promise((resolve) => whenSettled.push(resolve)),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async close() {
      // A stopped process ends by this too.
      child.kill('SIGKILL');
      await exited;
      whenSettled = [];
    },
  };
}
