// One pooler process as its supervisor has it: started with the listening sockets, heard beating, told to drain, or killed.
import type { ChildProcess } from 'node:child_process';
import type { MetricValues } from '@weir/telemetry';
import type { InheritedSocket } from '../config.ts';
import type { ToProcess, ToSupervisor } from './messages.ts';
import { startWithSockets } from './sockets.ts';

export interface ProcessStart {
  /** The pooler's program. */
  readonly file: string;
  readonly processId: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sockets: readonly InheritedSocket[];
  readonly now: () => number;
}

/** How a process ended; both null: it could not be started. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

const metricsTimeoutMs = 2_000;

export class PoolerProcess {
  readonly processId: string;
  readonly startedAtMs: number;
  /** When it was heard last, ms of the caller's clock. */
  heardAtMs: number;
  state: 'starting' | 'ready' | 'draining' | 'ended' = 'starting';
  /** It was silent for too long. */
  stoodStill = false;
  /** False: it ended before. */
  readonly whenReady: Promise<boolean>;
  readonly ended: Promise<ProcessEnd>;
  private readonly child: ChildProcess;
  private readonly askers: ((metrics: readonly MetricValues[] | null) => void)[] = [];

  constructor({ file, processId, env, sockets, now }: ProcessStart) {
    this.processId = processId;
    this.startedAtMs = now();
    this.heardAtMs = this.startedAtMs;
    this.child = startWithSockets(file, sockets, {
      ...env,
      WEIR_PROCESSES: undefined,
      WEIR_SUPERVISED: '1',
      // The supervisor has waited for it, or others take who comes.
      WEIR_BALANCER_WAIT_MS: '0',
      WEIR_PROCESS_ID: processId,
    });
    this.ended = new Promise((resolve) => {
      this.child.once('error', () => resolve({ code: null, signal: null }));
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.whenReady = new Promise((resolve) => {
      this.child.on('message', (message: ToSupervisor) => {
        this.heardAtMs = now();
        if (message.kind === 'metrics') this.askers.shift()?.(message.metrics);
        if (message.kind !== 'ready') return;
        if (this.state === 'starting') this.state = 'ready';
        resolve(true);
      });
      void this.ended.then(() => {
        this.state = 'ended';
        resolve(false);
        for (const tell of this.askers.splice(0)) tell(null);
      });
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  drain(): void {
    if (this.state === 'ended') return;
    this.state = 'draining';
    this.tell({ kind: 'drain' });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Others have ended; it passes that on to the fleet. */
  tellEnded(processIds: readonly string[]): void {
    this.tell({ kind: 'ended', processIds });
  }

  /** What it exports; null if it does not answer in time. */
  metrics(): Promise<readonly MetricValues[] | null> {
    if (this.state === 'ended' || this.state === 'starting') return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        // Its answer may still come: whoever stands here then is told it, and nobody hears it twice.
        resolve(null);
      }, metricsTimeoutMs);
      this.askers.push((metrics) => {
        clearTimeout(timer);
        resolve(metrics);
      });
      this.tell({ kind: 'metrics' });
    });
  }

  private tell(message: ToProcess): void {
    // One that has closed its channel is ending, and its end says so.
    if (this.child.connected) this.child.send(message, () => {});
  }
}
