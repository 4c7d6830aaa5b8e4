// Keeps a number of pooler processes running on the same listening sockets: replaces one that ends or stands still, and all of them one after the other.
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@weir/telemetry';
import { beatSilenceMsMax } from './messages.ts';
import type { PoolerProcess, ProcessEnd } from './pooler-process.ts';
import { restartAfter } from './restart-delay.ts';

/** Why a process was started in the place of another. */
export type RestartReason = 'ended' | 'stood-still' | 'rolling';

export interface SupervisorOptions {
  readonly count: number;
  /** Starts the process of slot `slot`, from 0. */
  start(slot: number): PoolerProcess;
  /** From being told to drain to being killed, ms. */
  readonly drainTimeoutMs: number;
  readonly now: () => number;
  readonly log: Logger;
}

/** The place of one process, and those that still drain there. */
interface Slot {
  readonly index: number;
  current: PoolerProcess | null;
  readonly leaving: Set<PoolerProcess>;
  crashes: number;
  restart: NodeJS.Timeout | null;
}

const lookEachMs = 250;
/** One that becomes ready is told of those that ended so lately: nobody else may have been there to hear it. */
const endedToldForMs = 60_000;
// To read the catalogue of a big fleet's endpoints is not part of it: they are looked up when asked for.
const startTimeoutMs = 60_000;

export class Supervisor {
  readonly restarts = new Map<RestartReason, number>();
  private readonly options: SupervisorOptions;
  private readonly slots: readonly Slot[];
  private readonly looks: NodeJS.Timeout;
  /** When which process ended, the last minute's. */
  private endedLately: { readonly processId: string; readonly atMs: number }[] = [];
  private lookedAtMs: number;
  private stopping = false;
  private rolling = false;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.slots = Array.from({ length: options.count }, (_, index) => ({
      index,
      current: null,
      leaving: new Set<PoolerProcess>(),
      crashes: 0,
      restart: null,
    }));
    this.lookedAtMs = options.now();
    this.looks = setInterval(() => this.look(), lookEachMs);
  }

  /** Starts them all. Resolves with false if one ends before it is ready: what is wrong then, a second try will not mend. */
  async start(): Promise<boolean> {
    for (const slot of this.slots) slot.current = this.startIn(slot);
    const ready = await Promise.all(this.slots.map(({ current }) => current!.whenReady));
    return ready.every(Boolean);
  }

  /** All that run, by their place; those that drain are marked. */
  processes(): { readonly place: string; readonly process: PoolerProcess }[] {
    return this.slots.flatMap(({ index, current, leaving }) => [
      ...(current === null ? [] : [{ place: String(index), process: current }]),
      ...[...leaving].map((process) => ({ place: `${index}-leaving`, process })),
    ]);
  }

  /** Whether clients can be sent here. */
  get ready(): boolean {
    return !this.stopping && this.slots.some(({ current }) => current?.state === 'ready');
  }

  /**
   * Replaces all, one after the other: the next is ready before the one before it drains. Stops at the first that does not
   * become ready, with what runs left as it is. Resolves with whether all were replaced.
   */
  async roll(): Promise<boolean> {
    if (this.rolling || this.stopping) return false;
    this.rolling = true;
    const { log } = this.options;
    try {
      log.info({ processes: this.slots.length }, 'rolling restart begins');
      for (const slot of this.slots) if (!(await this.replace(slot))) return false;
      log.info('rolling restart is done');
      return true;
    } finally {
      this.rolling = false;
    }
  }

  /** Drains all at once; resolves when none is left. */
  async drain(): Promise<void> {
    this.stopping = true;
    await Promise.all(
      this.slots.map(async (slot) => {
        if (slot.restart !== null) clearTimeout(slot.restart);
        slot.restart = null;
        const { current } = slot;
        slot.current = null;
        if (current !== null) await this.leave(slot, current);
        await Promise.all([...slot.leaving].map((process) => process.ended));
      }),
    );
    clearInterval(this.looks);
  }

  /** Ends all at once, with their clients. */
  kill(): void {
    this.stopping = true;
    clearInterval(this.looks);
    for (const { restart } of this.slots) if (restart !== null) clearTimeout(restart);
    for (const { process } of this.processes()) process.kill();
  }

  private async replace(slot: Slot): Promise<boolean> {
    const next = this.begin(slot);
    this.log(next, slot).info('process starts in the place of one that serves');
    const before = slot.current;
    slot.leaving.add(next);
    const ready = await next.whenReady;
    slot.leaving.delete(next);
    if (!ready || this.stopping) {
      if (!ready)
        this.log(next, slot).error('rolling restart ends here: the new process did not become ready');
      else next.kill();
      return false;
    }
    if (slot.restart !== null) clearTimeout(slot.restart);
    slot.restart = null;
    // What is there now may be another than before: it was replaced meanwhile for having ended.
    const leaving = slot.current ?? before;
    slot.current = next;
    this.watchEnd(slot, next);
    this.count('rolling');
    if (leaving !== null) await this.leave(slot, leaving);
    return true;
  }

  private async leave(slot: Slot, process: PoolerProcess): Promise<void> {
    slot.leaving.add(process);
    process.drain();
    const late = new AbortController();
    const ended = await Promise.race([
      process.ended,
      wait(this.options.drainTimeoutMs, null, { signal: late.signal }).catch(() => null),
    ]);
    late.abort();
    if (ended === null) {
      this.log(process, slot).warn('process is killed: it has not drained in time');
      process.kill();
      await process.ended;
    }
    slot.leaving.delete(process);
  }

  private startIn(slot: Slot): PoolerProcess {
    const process = this.begin(slot);
    this.watchEnd(slot, process);
    return process;
  }

  private begin(slot: Slot): PoolerProcess {
    const process = this.options.start(slot.index);
    void process.whenReady.then((ready) => {
      if (ready && this.endedLately.length > 0)
        process.tellEnded(this.endedLately.map(({ processId }) => processId));
    });
    void process.ended.then((end) => {
      // Where nothing was waited for nothing is known.
      if (end.code !== null || end.signal !== null) this.tellEnded(process);
    });
    return process;
  }

  /** What it had of budgets the fleet need not wait for any longer. Its processes tell, which are connected to shared state. */
  private tellEnded({ processId }: PoolerProcess): void {
    const atMs = this.options.now();
    this.endedLately = this.endedLately.filter((one) => atMs - one.atMs < endedToldForMs);
    this.endedLately.push({ processId, atMs });
    for (const { process } of this.processes())
      if (process.state !== 'starting') process.tellEnded([processId]);
  }

  private watchEnd(slot: Slot, process: PoolerProcess): void {
    void process.ended.then((end) => {
      // Another is in its place, or nobody is to be.
      if (slot.current === process) this.ended(slot, process, end);
    });
  }

  private ended(slot: Slot, process: PoolerProcess, end: ProcessEnd): void {
    const { now } = this.options;
    slot.current = null;
    if (this.stopping) return;
    const { crashes, delayMs } = restartAfter(slot.crashes, now() - process.startedAtMs);
    slot.crashes = crashes;
    this.log(process, slot).error({ ...end, restartInMs: delayMs }, 'process ended by itself');
    slot.restart = setTimeout(() => {
      slot.restart = null;
      this.count(process.stoodStill ? 'stood-still' : 'ended');
      slot.current = this.startIn(slot);
    }, delayMs);
  }

  /** Kills whoever stands still. */
  private look(): void {
    const nowMs = this.options.now();
    // If this process stood still itself, with the whole machine perhaps, what was said meanwhile is still to be read.
    const lateMs = Math.max(0, nowMs - this.lookedAtMs - 2 * lookEachMs);
    this.lookedAtMs = nowMs;
    for (const slot of this.slots) {
      for (const process of [slot.current, ...slot.leaving]) {
        if (process === null || process.stoodStill || process.state === 'ended') continue;
        if (lateMs > 0) process.heardAtMs += lateMs;
        const silentMs = nowMs - process.heardAtMs;
        if (silentMs <= (process.state === 'starting' ? startTimeoutMs : beatSilenceMsMax)) continue;
        process.stoodStill = true;
        this.log(process, slot).error(
          { silentMs: Math.round(silentMs) },
          'process is killed: it stands still',
        );
        process.kill();
      }
    }
  }

  private count(reason: RestartReason): void {
    this.restarts.set(reason, (this.restarts.get(reason) ?? 0) + 1);
  }

  private log(process: PoolerProcess, { index }: Slot): Logger {
    return this.options.log.child({ process: process.processId, place: index, pid: process.pid });
  }
}
