// A simulated tenant: its clients, and its database, which counts who is connected and holds to nobody's word for it.
import type { ClientSession, Peer } from '@weir/pooling';
import type { CellProcess, Place } from './cell-process.ts';
import { sizeOf } from './tenant-sizes.ts';

export class ModelTenant {
  readonly index: number;
  readonly budget: number;
  readonly isAwake: boolean;
  readonly size: number;
  readonly clients: readonly ModelClient[];
  readonly places = new Map<CellProcess, Place>();
  /** At its database, those of lost processes included. */
  connections = 0;
  /** Of those, the ones that lost processes have left behind, by the process's name as a holder. */
  readonly left = new Map<string, number>();
  burstUntilMs = 0;

  constructor(index: number, clients: number, budget: number, isAwake: boolean) {
    this.index = index;
    this.budget = budget;
    this.isAwake = isAwake;
    this.size = sizeOf(clients);
    this.clients = Array.from({ length: clients }, () => new ModelClient(this));
  }

  /** A startup packet has arrived. Throws if that is one too many. */
  began(): void {
    this.connections++;
    if (this.connections > this.budget)
      throw new Error(`tenant ${this.index}: ${this.connections} server connections, budget ${this.budget}`);
  }

  /** Ends what a lost process has left behind. */
  terminate(holder: string): void {
    this.connections -= this.left.get(holder) ?? 0;
    this.left.delete(holder);
  }

  /** What lost processes have left behind and nobody has ended. */
  get abandoned(): number {
    let sum = 0;
    for (const count of this.left.values()) sum += count;
    return sum;
  }
}

/** One client: connected to a process, or about to be. What it is sent it forgets. */
export class ModelClient implements Peer {
  readonly unsentBytes = 0;
  readonly tenant: ModelTenant;
  session: ClientSession | null = null;
  process: CellProcess | null = null;

  constructor(tenant: ModelTenant) {
    this.tenant = tenant;
  }

  write(): boolean {
    return true;
  }

  pause(): void {}
  resume(): void {}
}
