// The supervisor's own process: sockets, pooler processes, the admin listener; and what signals ask of it.
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { type AdminListener, createLogger, type Logger } from '@weir/telemetry';
import type { PoolerConfig } from '../config.ts';
import { onEndSignals } from '../end-signals.ts';
import type { ToSupervisor } from './messages.ts';
import { PoolerProcess } from './pooler-process.ts';
import { type OwnedSocket, ownSockets, startWithSockets } from './sockets.ts';
import { Supervisor } from './supervisor.ts';
import { watch } from './watch.ts';

/** What a pooler process needs to end in order once its clients are gone, ms. */
const endingMs = 10_000;

/** Runs until told to end; resolves with the exit code. Rejects with ListenError or AdminListenError. */
export async function runSupervisor(
  config: PoolerConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const log = createLogger({ name: 'supervisor', level: config.logLevel });
  const now = (): number => performance.now();
  const file = process.argv[1]!;
  const sockets = await ownSockets(config);
  const clientSockets = sockets.filter(({ use }) => use !== 'admin');
  const supervisor = new Supervisor({
    count: config.processes!,
    start: (slot) =>
      new PoolerProcess({
        file,
        processId: `${config.processId}-${slot}-${randomBytes(3).toString('hex')}`,
        env: {
          ...env,
          ...(config.snapshotFile !== null && { WEIR_SNAPSHOT_FILE: `${config.snapshotFile}.${slot}` }),
        },
        sockets: clientSockets,
        now,
      }),
    drainTimeoutMs: config.drainTimeoutMs + endingMs,
    now,
    log,
  });
  let leaving = false;
  let admin: AdminListener | null = null;
  const close = async (): Promise<void> => {
    // Held here as well, a queue would outlive the listeners of the processes: who came then would wait in it unserved, and
    // be reset at the end.
    for (const socket of clientSockets) socket.close();
    await supervisor.drain();
    await admin?.close();
    for (const socket of sockets) if (socket.use === 'admin') socket.close();
    log.info('ended');
  };
  if (!(await supervisor.start())) {
    log.error('a process did not become ready');
    await close();
    return 1;
  }
  const adminSocket = sockets.find(({ use }) => use === 'admin');
  if (adminSocket !== undefined) {
    admin = await watch(supervisor, adminSocket, { leaving: () => leaving, log });
  }
  const addresses = clientSockets.map(({ host, port }) => ({ host, port }));
  const adminAddress = admin === null ? null : { host: admin.host, port: admin.port };
  log.info({ processes: config.processes, listen: addresses, admin: adminAddress }, 'ready');
  return new Promise((resolve, reject) => {
    const end = (): void => {
      if (leaving) return;
      leaving = true;
      wait(config.balancerWaitMs)
        .then(close)
        .then(() => resolve(0), reject);
    };
    onEndSignals(end, () => {
      log.warn('told to end twice: processes are killed, with their clients');
      supervisor.kill();
    });
    process.on('SIGHUP', () => void supervisor.roll());
    let handingOver = false;
    process.on('SIGUSR2', () => {
      if (leaving || handingOver) return;
      handingOver = true;
      handOver(file, env, sockets, log).then((taken) => {
        handingOver = false;
        if (!taken || leaving) return;
        leaving = true;
        // The new one answers probes from now on: that this one leaves is not to be heard from anybody.
        Promise.resolve(admin?.close())
          .then(close)
          .then(() => resolve(0), reject);
      });
    });
    // Whoever handed its sockets to this process may end now.
    if (config.inherited.length > 0 && process.connected) {
      process.send!({ kind: 'ready' } satisfies ToSupervisor, undefined, {}, () => process.disconnect());
    }
  });
}

/** Starts the program as it is on disk now, with the sockets of this one. Resolves with whether it has become ready. */
async function handOver(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  sockets: readonly OwnedSocket[],
  log: Logger,
): Promise<boolean> {
  const next = startWithSockets(file, sockets, env, { detached: true });
  const taken = await new Promise<boolean>((resolve) => {
    next.once('message', () => resolve(true));
    next.once('exit', () => resolve(false));
    next.once('error', () => resolve(false));
  });
  if (taken) log.info({ successor: next.pid }, 'another supervisor has taken over');
  else log.error('the supervisor that was to take over did not become ready; this one goes on');
  next.unref();
  return taken;
}
