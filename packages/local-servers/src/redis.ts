// Finds shared state for one machine: a Redis that is there already, or a private one that we start and stop.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { findProgram } from './find-program.ts';
import { freePort } from './ports.ts';
import { type FetchedProgram, fetchRedis } from './redis-fetch.ts';
import { runProgram } from './run-program.ts';
import { startServerProcess } from './server-process.ts';

const programs = ['valkey-server', 'redis-server', 'keydb-server'];
const containerImage = 'docker.io/valkey/valkey:8-alpine';

/** Where a Redis came from. */
export type RedisOrigin = 'environment' | 'program' | 'container' | 'fetched';

/** A Redis that answers. */
export interface LocalRedis {
  readonly url: string;
  readonly origin: RedisOrigin;
  /** One line for people: what it is and where. */
  readonly description: string;
  /** Of the process that we started; null for one that was there. */
  readonly pid: number | null;
  /** Resolves when a Redis of ours has ended; never for one that was there. */
  readonly exited: Promise<unknown>;
  /** Stops what was started here; a Redis that was there is left alone. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RedisSearch {
  /** Where programs that had to be fetched are kept for the next time, and where the instance may write. */
  readonly cacheDir: string;
  /** REDIS_URL, PATH and WEIR_NO_FETCH are read from it; `process.env` by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Which sources may be tried, all by default. */
  readonly origins?: readonly RedisOrigin[];
  /** Told in one line what is being done, where that takes a while or uses the network. */
  readonly say?: (line: string) => void;
}

/**
 * A Redis, tried in this order: REDIS_URL; a redis-, valkey- or keydb-server on PATH, started as a private instance
 * (loopback, with a password, nothing written to disk); a container; the distribution's package, unpacked
 * without being installed. Null when there is none to be had: the caller then goes on without.
 */
export async function findOrStartRedis(search: RedisSearch): Promise<LocalRedis | null> {
  const env = search.env ?? process.env;
  const say = search.say ?? (() => {});
  const origins = new Set(search.origins ?? (['environment', 'program', 'container', 'fetched'] as const));
  if (origins.has('environment') && env.REDIS_URL) {
    return {
      url: env.REDIS_URL,
      origin: 'environment',
      description: 'the Redis that REDIS_URL names',
      pid: null,
      exited: new Promise(() => {}),
      stop: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
  }
  mkdirSync(search.cacheDir, { recursive: true });
  if (origins.has('program')) {
    const program = findProgram(programs, env.PATH);
    const redis =
      program && (await attempt(() => startPrivate(program, env, search.cacheDir, 'program'), say));
    if (redis) return redis;
  }
  if (origins.has('container')) {
    const runtime = findProgram(['docker', 'podman'], env.PATH);
    const redis =
      runtime && (await answers(runtime)) && (await attempt(() => startContainer(runtime, env, say), say));
    if (redis) return redis;
  }
  if (origins.has('fetched') && !env.WEIR_NO_FETCH) {
    const fetched = await attempt(() => fetchRedis(search.cacheDir, env, say), say);
    const redis =
      fetched &&
      (await attempt(
        () => startPrivate(fetched.program, { ...env, ...fetched.env }, search.cacheDir, 'fetched'),
        say,
      ));
    if (redis) return redis;
  }
  return null;
}

/** The program of a Redis, on PATH or fetched as `findOrStartRedis` does, for who starts it himself. Rejects if there is none. */
export async function findRedisProgram(cacheDir: string): Promise<FetchedProgram> {
  const program = findProgram(programs);
  return program === null ? fetchRedis(cacheDir, process.env, console.log) : { program, env: {} };
}

async function attempt<T>(start: () => Promise<T>, say: (line: string) => void): Promise<T | null> {
  try {
    return await start();
  } catch (error) {
    // The next source may work; this one is told in a line, since the person may want to know.
    say(`no luck: ${(error as Error).message}`);
    return null;
  }
}

async function startPrivate(
  program: string,
  env: NodeJS.ProcessEnv,
  dir: string,
  origin: 'program' | 'fetched',
): Promise<LocalRedis> {
  const port = await freePort();
  const password = randomBytes(18).toString('base64url');
  // By stdin and not as arguments: those can be read by every user of the machine.
  const configuration = [
    `port ${port}`,
    'bind 127.0.0.1',
    `requirepass ${password}`,
    'save ""',
    'appendonly no',
    `dir "${dir}"`,
    '',
  ].join('\n');
  const server = await startServerProcess({
    name: program,
    command: program,
    args: ['-'],
    env,
    input: configuration,
  });
  try {
    await server.waitForOutput(/[Rr]eady to accept connections/, 15_000);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const stop = async () => {
    await server.stop();
  };
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    origin,
    description: `${program}, a private instance on port ${port}`,
    pid: server.pid,
    exited: server.exited,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function answers(runtime: string): Promise<boolean> {
  try {
    await runProgram(runtime, ['info'], { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

async function startContainer(
  runtime: string,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<LocalRedis> {
  const port = await freePort();
  const password = randomBytes(18).toString('base64url');
  const name = `weir-valkey-${process.pid}-${port}`;
  say(`starting ${containerImage} with ${runtime}`);
  // In the foreground: the runtime passes our signal on, so the container ends with us.
  const server = await startServerProcess({
    name: `${containerImage} in ${runtime}`,
    command: runtime,
    args: [
      ...['run', '--rm', '--init', '--interactive', '--name', name, '--publish', `127.0.0.1:${port}:6379`],
      ...[containerImage, 'valkey-server', '-'],
    ],
    env,
    input: `port 6379\nbind 0.0.0.0\nrequirepass ${password}\nsave ""\nappendonly no\n`,
  });
  const stop = async () => {
    await server.stop({ timeoutMs: 5_000 });
    await runProgram(runtime, ['rm', '--force', name], { timeout: 10_000 }).catch(() => {});
  };
  try {
    await server.waitForOutput(/[Rr]eady to accept connections/, 90_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    origin: 'container',
    description: `${containerImage} in a container of ${runtime}, on port ${port}`,
    pid: server.pid,
    exited: server.exited,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
