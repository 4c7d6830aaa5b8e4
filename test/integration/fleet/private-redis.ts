// A real redis-server for one test file: on a free loopback port, storing nothing, gone with the test.
import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { temporaryDirectory } from '@weir/harness';
import { type FetchedProgram, freePort } from '@weir/local-servers';

export class PrivateRedis {
  readonly port: number;
  readonly #program: FetchedProgram;
  readonly #settings: readonly string[];
  readonly #file: string | null;
  #child: ChildProcess | null = null;
  readonly #directories: { remove(): void }[] = [];

  private constructor(
    program: FetchedProgram,
    port: number,
    settings: readonly string[],
    file: string | null = null,
  ) {
    this.#program = program;
    this.#settings = settings;
    this.#file = file;
    this.port = port;
  }

  /** `settings` go to the command line behind the usual ones. */
  static async start(program: FetchedProgram, settings: readonly string[] = []): Promise<PrivateRedis> {
    const redis = new PrivateRedis(program, await freePort(), settings);
    await redis.start();
    return redis;
  }

  /** A sentinel, by its file of settings, which it changes. */
  static async startSentinel(program: FetchedProgram, file: string): Promise<PrivateRedis> {
    const redis = new PrivateRedis(program, await freePort(), ['--sentinel'], file);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it (again), empty, on the same port; resolves when it answers. */
  async start(): Promise<void> {
    const settings = this.#file === null ? [] : [this.#file];
    settings.push('--port', String(this.port), '--bind', '127.0.0.1');
    if (this.#file === null) settings.push('--save', '', '--appendonly', 'no');
    const { program, env } = this.#program;
    // What a copy writes when it begins to follow would be read again at the next start.
    const directory = temporaryDirectory('redis');
    this.#directories.push(directory);
    const child = spawn(program, [...settings, '--dir', directory.path, ...this.#settings], {
      stdio: 'ignore',
      env: { ...process.env, ...env },
    });
    this.#child = child;
    while (!(await answersPing(this.port))) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    }
  }

  /** Ends it without a good-bye, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    for (const directory of this.#directories.splice(0)) directory.remove();
  }

  /** Stands still with its sockets open, as a hung machine would. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }
}

async function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const finish = (answer: boolean) => {
      socket.destroy();
      // The next try comes in a later turn, so that a refused port is not asked in a tight loop.
      setTimeout(resolve, answer ? 0 : 20, answer);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => finish(data.toString('latin1').startsWith('+PONG')));
    socket.once('error', () => finish(false));
    socket.once('end', () => finish(false));
  });
}
