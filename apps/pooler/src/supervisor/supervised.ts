// A pooler process under a supervisor: it says that it is ready and alive, and drains when told, or when nobody is there to tell it.
import { startPooler } from '../compose.ts';
import type { PoolerConfig } from '../config.ts';
import { beatEachMs, type ToProcess, type ToSupervisor } from './messages.ts';

/** Runs until it has drained. Rejects as `startPooler`. */
export async function runSupervised(config: PoolerConfig): Promise<void> {
  const tell = (message: ToSupervisor): void => {
    if (process.connected) process.send!(message, undefined, {}, () => {});
  };
  const pooler = await startPooler(config);
  await new Promise<void>((resolve, reject) => {
    let ending = false;
    const beats = setInterval(() => tell({ kind: 'beat' }), beatEachMs);
    const end = (): void => {
      if (ending) return;
      ending = true;
      pooler
        .close()
        .finally(() => clearInterval(beats))
        .then(resolve, reject);
    };
    process.on('message', (message: ToProcess) => {
      if (message.kind === 'drain') end();
      else if (message.kind === 'ended') pooler.processesEnded(message.processIds);
      else
        pooler.metrics().then(
          (metrics) => tell({ kind: 'metrics', metrics }),
          () => tell({ kind: 'metrics', metrics: [] }),
        );
    });
    // The supervisor is gone: nobody would notice if this process stood still, and its port is to become free.
    process.on('disconnect', end);
    process.on('SIGTERM', end);
    // From a terminal it goes to all processes at once; the supervisor decides.
    process.on('SIGINT', () => {});
    process.on('SIGHUP', () => {});
    tell({ kind: 'ready' });
    if (!process.connected) end();
  });
}
