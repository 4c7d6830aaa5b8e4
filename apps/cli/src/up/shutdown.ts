// Ends what `weir up` has started, in the opposite order, whatever made it end and however far it had come.
import { endGuardedProcesses } from '@weir/local-servers';

export interface Shutdown {
  /** Remembers how to end something that now runs. */
  add(name: string, end: () => Promise<unknown> | unknown): void;
  /** Resolves with the reason when the end has been asked for: a signal, a dead parent, or `request`. */
  readonly requested: Promise<string>;
  request(reason: string): void;
  /** Ends everything. What was being started meanwhile is ended too. */
  run(): Promise<void>;
}

/** Listens for the signals that end a program, from now on. */
export function createShutdown(): Shutdown {
  const ends: { name: string; end: () => Promise<unknown> | unknown }[] = [];
  let request: (reason: string) => void = () => {};
  const requested = new Promise<string>((resolve) => {
    request = resolve;
  });
  let asked = 0;
  let running = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      asked++;
      request(signal);
      // Whoever asks a third time does not want to wait any longer; the guard ends the servers.
      if (asked >= 3) process.exit(130);
    });
  }
  // scripts/up.mjs holds the other end of this channel: it closes when that process ends, however it does.
  process.once('disconnect', () => request('the process that started this one has ended'));
  process.channel?.unref();
  return {
    add(name, end) {
      // Started in the very moment in which everything was being ended.
      if (running) void Promise.resolve(end()).catch(() => {});
      else ends.push({ name, end });
    },
    requested,
    request: (reason) => request(reason),
    async run() {
      running = true;
      for (const { name, end } of ends.splice(0).reverse()) {
        try {
          await end();
        } catch (error) {
          process.stderr.write(`  ${name} did not end well: ${(error as Error).message}\n`);
        }
      }
      await endGuardedProcesses();
    },
  };
}
