// Keeps this process's leases: asks for what is wanted, renews, gives back, and lets the core grow with what it gets.
import { randomUUID } from 'node:crypto';
import { FleetUnavailableError, type LeaseStore } from '@weir/fleet';
import { EndedProcesses, holderName, type LeaseProcess, LeaseQueue, UpstreamLease } from '@weir/leases';
import type { Upstream } from '@weir/pooling';
import type { Logger } from '@weir/telemetry';
import { PoolerError } from '../errors.ts';

export interface LeaseKeeperOptions {
  readonly store: LeaseStore;
  /** Names the process; a random part is added, since a restarted one holds nothing of what the former had. */
  readonly processId: string;
  /** Monotonic clock in ms. */
  readonly now: () => number;
  readonly log: Logger;
  /** What the upstream's lease allows has changed: servers may be opened, or are to be given back. */
  changed(upstream: Upstream): void;
  /** Other holders at this upstream have fallen silent. */
  lookForSilent(lease: UpstreamLease<Upstream>): void;
}

const lookEachMs = 25;

/** The leases of all upstreams that this process uses. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #process: LeaseProcess;
  readonly #leases = new Map<string, UpstreamLease<Upstream>>();
  readonly #queue = new LeaseQueue<UpstreamLease<Upstream>>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopNotes: () => void;
  readonly #stopEnds: () => void;
  #woken = false;
  #away = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    const id = holderName(options.processId, randomUUID().slice(0, 8));
    this.#process = { id, memories: new Map(), ended: new EndedProcesses(), seq: 0 };
    this.#timer = setInterval(() => this.#look(), lookEachMs);
    this.#stopNotes = options.store.onNote(({ upstream, holder, limit }) => {
      const lease = holder === id ? this.#leases.get(upstream) : undefined;
      if (lease === undefined) return;
      lease.noted(limit);
      options.changed(lease.upstream);
      this.#wake();
    });
    this.#stopEnds = options.store.onEnded((processId) =>
      this.#process.ended.heard(processId, options.now()),
    );
  }

  /** Another process has ended, as one says who waited for that. All are told; whoever is not waits until it counts as silent. */
  processEnded(processId: string): void {
    const { store, now } = this.#options;
    this.#process.ended.heard(processId, now());
    store.tellEnded(processId).catch((error: unknown) => this.#tell(error));
  }

  /** From now on the upstream's slots are those that are leased for it. */
  attach(upstream: Upstream): UpstreamLease<Upstream> {
    const { now } = this.#options;
    const lease = new UpstreamLease(upstream, this.#process, {
      queue: this.#queue,
      now,
      random: Math.random,
      wake: () => this.#wake(),
    });
    upstream.lease = lease;
    this.#leases.set(upstream.id, lease);
    return lease;
  }

  of(upstream: Upstream): UpstreamLease<Upstream> | null {
    return this.#leases.get(upstream.id) ?? null;
  }

  /** Nobody uses the upstream here any more; only once no slot is in use. */
  detach(upstream: Upstream): void {
    const lease = this.#leases.get(upstream.id);
    if (lease === undefined) return;
    this.#leases.delete(upstream.id);
    if (lease.holder.share > 0) void this.#ask([lease], true);
  }

  /** Gives everything back that is not in use, once. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopNotes();
    this.#stopEnds();
    const leases = [...this.#leases.values()].filter(({ holder }) => holder.share > 0);
    if (leases.length > 0) await this.#ask(leases, true);
  }

  /** Looked at once this turn is over: what several clients want goes into one request. */
  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      this.#look();
    });
  }

  #look(): void {
    const now = this.#options.now();
    // One whose request is under way stands in the queue again once that is answered, one that is quiet when it is wanted.
    const due = this.#queue
      .takeDue(now)
      .filter((lease) => lease.isDue(now) && this.#leases.get(lease.upstream.id) === lease);
    if (due.length > 0) void this.#ask(due, false);
  }

  async #ask(leases: readonly UpstreamLease<Upstream>[], leaving: boolean): Promise<void> {
    const { store, now, changed, lookForSilent } = this.#options;
    const asked = leases.map((lease) =>
      lease.ask(`${this.#process.id}/${this.#process.seq}`, now(), leaving),
    );
    const answers = await store.ask(asked).catch((error: unknown) => {
      this.#tell(error);
      return null;
    });
    if (answers !== null) this.#tell(null);
    for (const [index, lease] of leases.entries()) {
      if (!lease.answered(asked[index]!, answers?.[index] ?? null, now()) || leaving) continue;
      changed(lease.upstream);
      lookForSilent(lease);
    }
    if (!leaving) this.#wake();
  }

  /** Once when shared state goes away and once when it is back. */
  #tell(error: unknown): void {
    const away = error !== null;
    if (away === this.#away) return;
    this.#away = away;
    const { log } = this.#options;
    if (!away) log.info('leases are renewed again');
    else if (error instanceof FleetUnavailableError)
      log.warn(error, 'leases cannot be renewed: server connections serve on, none is opened');
    else log.error(error as Error, 'leases cannot be renewed');
  }
}

/** To be called in the turn that writes a startup packet. Throws LEASES_UNAVAILABLE if the right to open has ended since its slot was taken. */
export function insistOpenRight(upstream: Upstream, nowMs: number): void {
  if (!upstream.hasOpenRight(nowMs)) throw new PoolerError('LEASES_UNAVAILABLE', { seconds: 0 });
}
