// Many processes, one shared state and one database in simulated time, with everything that may go wrong between them.
import type { LeaseAnswer } from '@weir/leases';
import { Clock, Random } from '../random.ts';
import { ModelDatabase } from './model-database.ts';
import { ModelProcess } from './model-process.ts';
import { ModelStore, type StoreRequest } from './model-store.ts';

/** Ways of breaking the rule on purpose, to see that the invariant is put to the test. */
export type BrokenRule =
  | 'free-at-close'
  | 'no-recheck'
  | 'no-look'
  | 'reopen-at-once'
  | 'unchecked'
  | 'unsettled'
  | 'frozen-is-ended';

const allFaults = [
  'freeze',
  'kill',
  'cut off',
  'unreachable',
  'away',
  'empty',
  'fail over',
  'clock',
  'budget',
] as const;

export type Fault = (typeof allFaults)[number];

export interface LeaseWorldOptions {
  readonly seed: number;
  readonly budget: number;
  readonly processes: number;
  readonly faultsForMs: number;
  readonly broken?: BrokenRule | null;
  /** Only these happen; all of them by default. */
  readonly faults?: readonly Fault[];
}

/** A budget that was lowered is in force at the latest after this: what was open has ended. */
const loweredWithinMs = 60_000;
/** How long a server connection is needed at a time, on average. */
const workMs = 80;

export class LeaseWorld {
  readonly clock = new Clock();
  readonly random: Random;
  readonly database: ModelDatabase;
  readonly store: ModelStore;
  readonly broken: BrokenRule | null;
  processes: ModelProcess[] = [];
  /** All that went wrong, for the one who looks at a failed run. */
  readonly faults: string[] = [];
  private readonly options: LeaseWorldOptions;
  private readonly budgets: { readonly atMs: number; readonly budget: number }[];
  private readonly unreachable = new Map<ModelProcess, number>();
  private born = 0;

  constructor(options: LeaseWorldOptions) {
    this.options = options;
    this.broken = options.broken ?? null;
    this.random = new Random(options.seed);
    this.database = new ModelDatabase(this.clock, this.random);
    this.store = new ModelStore(this.clock);
    this.budgets = [{ atMs: 0, budget: options.budget }];
    for (let i = 0; i < options.processes; i++) this.bear();
    this.workLater();
    this.faultLater();
  }

  private get budget(): number {
    return this.budgets.at(-1)!.budget;
  }

  /** Work done, by processes that live. */
  get served(): number {
    return this.processes.reduce((sum, { served }) => sum + served, 0);
  }

  private bear(): void {
    this.processes.push(new ModelProcess(this, `p${this.born++}`, this.budget));
  }

  private workLater(): void {
    // In the storm far more than can be done, afterwards little, as handing over takes time as well.
    const eachMs = this.isStormy ? 10 : workMs / (this.budget / 8);
    this.clock.after(this.random.next() * 2 * eachMs, () => {
      // Work comes in waves that move from process to process.
      const wave = Math.floor(this.clock.nowMs / 3_000) % this.processes.length;
      const process = this.random.chance(0.6) ? this.processes[wave]! : this.random.pick(this.processes);
      const isAwake = process.frozenUntilMs <= this.clock.nowMs;
      if (isAwake && process.queue.length < 20) process.work(this.random.next() * 2 * workMs);
      this.workLater();
    });
  }

  get isStormy(): boolean {
    return this.clock.nowMs < this.options.faultsForMs;
  }

  private faultLater(): void {
    this.clock.after(this.random.next() * 3_000, () => {
      if (!this.isStormy) return;
      this.fault();
      this.faultLater();
    });
  }

  private fault(): void {
    const { random, clock } = this;
    const process = random.pick(this.processes);
    const forMs = 1_000 + random.next() * 19_000;
    const fault = random.pick(this.options.faults ?? allFaults);
    this.faults.push(`${Math.round(clock.nowMs)} ${fault} ${process.id} ${Math.round(forMs)}`);
    if (fault === 'freeze') {
      process.frozenUntilMs = clock.nowMs + forMs;
      if (this.broken === 'frozen-is-ended') this.tellEnded(process);
    } else if (fault === 'kill' || fault === 'cut off') {
      // The worst moment is the one after a startup packet was written.
      const lose = (): void => this.lose(process, fault);
      if (random.chance(0.5)) process.whenSent = lose;
      else lose();
    } else if (fault === 'unreachable') this.unreachable.set(process, clock.nowMs + forMs);
    else if (fault === 'away') {
      this.store.isUp = false;
      clock.after(forMs, () => {
        this.store.isUp = true;
      });
    } else if (fault === 'empty') this.store.restartEmpty();
    else if (fault === 'fail over') {
      this.store.failOver(random.next() * 2_000);
      // Often it is the network that parts, and a process is on the other side.
      if (random.chance(0.7)) this.unreachable.set(process, clock.nowMs + forMs);
    } else if (fault === 'clock') this.store.clockOffsetMs += (random.next() - 0.3) * 1e6;
    else this.setBudget(random.int(1, this.options.budget));
  }

  private lose(process: ModelProcess, fault: 'kill' | 'cut off'): void {
    const at = this.processes.indexOf(process);
    // What was to happen at its next opening may come too late for that.
    if (at < 0 || !this.isStormy) return;
    process.isCutOff = fault === 'cut off';
    process.kill();
    this.processes.splice(at, 1);
    // Of a machine that is gone there is no supervisor left to say so.
    if (fault === 'kill') this.tellEnded(process);
    this.clock.after(this.random.next() * 5_000, () => this.bear());
    if (this.processes.length === 0) this.bear();
  }

  /** Its supervisor says so to all, and not everybody hears it. */
  private tellEnded(ended: ModelProcess): void {
    const atMs = this.random.next() * 50;
    for (const process of this.processes) {
      if (process === ended || this.random.chance(0.2)) continue;
      this.clock.after(atMs + this.delayMs, () => {
        if (this.reaches(process)) process.turn(() => process.toldEnded(ended));
      });
    }
  }

  private setBudget(budget: number): void {
    this.budgets.push({ atMs: this.clock.nowMs, budget });
    for (const process of this.processes) {
      this.clock.after(this.random.next() * 3_000, () => {
        process.budget = this.budget;
      });
    }
  }

  reaches(process: ModelProcess): boolean {
    return this.store.isUp && this.clock.nowMs >= (this.unreachable.get(process) ?? 0);
  }

  private get delayMs(): number {
    const { random } = this;
    if (this.isStormy && random.chance(0.01)) return random.next() * 20_000;
    return random.chance(0.05) ? random.next() * 800 : random.next() * 5;
  }

  /** A request's way there and its answer's way back: either may be lost, or late. */
  carry(process: ModelProcess, request: StoreRequest, answered: (answer: LeaseAnswer) => void): void {
    const isLost = (): boolean => this.isStormy && this.random.chance(0.02);
    if (!this.reaches(process) || isLost()) return;
    this.clock.after(this.delayMs, () => {
      if (!this.reaches(process)) return;
      const { answer, notes } = this.store.ask(request);
      for (const note of notes) {
        const told = this.processes.find(({ id }) => id === note.holder);
        if (told !== undefined && this.reaches(told) && !isLost())
          this.clock.after(this.delayMs, () => told.noted(note.limit));
      }
      if (!isLost()) this.clock.after(this.delayMs, () => answered(answer));
    });
  }

  /** What must hold after every step. */
  check(): void {
    const sinceMs = this.clock.nowMs - loweredWithinMs;
    let most = this.budget;
    for (const [index, { budget }] of this.budgets.entries()) {
      const until = this.budgets[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
      if (until >= sinceMs) most = Math.max(most, budget);
    }
    const live = this.database.backends.size;
    if (live > most) {
      throw new Error(
        `seed=${this.options.seed} at ${Math.round(this.clock.nowMs)} ms: ${live} server connections, budget ${most}; ${this.faults.slice(-6).join('; ')}`,
      );
    }
  }
}
