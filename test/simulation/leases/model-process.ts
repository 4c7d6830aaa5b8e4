// A simulated pooler process as leases see it: work that needs server connections, and the holder's own code for the rest.
import {
  EndedProcesses,
  holderName,
  type LeaseAnswer,
  LeaseHolder,
  type LeaseProcess,
  type LeaseRequest,
  type Sight,
  sessionsOf,
  settledAfterEndMs,
  strangersIn,
  type Told,
  Untold,
} from '@weir/leases';
import type { LeaseWorld } from './lease-world.ts';
import type { BackendPeer } from './model-database.ts';

interface ModelServer extends BackendPeer {
  state: 'opening' | 'idle' | 'busy' | 'closing';
  processId: number | null;
}

const askEachMs = 100;
const renewEachMs = 1_000;
const answerTimeoutMs = 900;
const idleTellEachMs = 20;
/** Until Postgres notices that a machine is gone. */
const keepAliveMs = 30_000;

export class ModelProcess {
  readonly processId: string;
  /** As a holder. */
  readonly id: string;
  budget: number;
  isDead = false;
  /** Its machine is gone without a word: what it had open stays open. */
  isCutOff = false;
  frozenUntilMs = 0;
  served = 0;
  readonly queue: { sinceMs: number; busyMs: number }[] = [];
  private readonly world: LeaseWorld;
  private readonly holder: LeaseHolder;
  private readonly leases: LeaseProcess;
  private readonly servers = new Set<ModelServer>();
  /** Its monotonic clock: when it began, and how fast it goes. */
  private readonly clockStart: number;
  private readonly clockRate: number;
  private askedAtMs = 0;
  private nonces = 0;
  private readonly untold = new Untold();
  private isLooking = false;
  /** Server connections that it keeps open though nobody needs them. */
  private readonly sizeMin: number;
  /** Called once its next startup packet is written. */
  whenSent: (() => void) | null = null;

  constructor(world: LeaseWorld, processId: string, budget: number) {
    this.world = world;
    this.processId = processId;
    this.id = holderName(processId, '0');
    this.budget = budget;
    this.leases = { id: this.id, memories: new Map(), ended: new EndedProcesses(), seq: 0 };
    this.holder = new LeaseHolder('db', this.leases);
    this.clockStart = world.random.next() * 1e6;
    this.clockRate = 0.99 + 0.02 * world.random.next();
    this.sizeMin = world.random.int(0, 3);
    this.lookLater();
  }

  private get nowMs(): number {
    return this.clockStart + this.world.clock.nowMs * this.clockRate;
  }

  get used(): number {
    if (this.world.broken !== 'free-at-close') return this.servers.size;
    return this.servers.size - this.count('closing');
  }

  private count(state: ModelServer['state']): number {
    let count = 0;
    for (const server of this.servers) if (server.state === state) count++;
    return count;
  }

  /** A turn of its event loop, once it is not frozen any more. */
  turn(run: () => void): void {
    if (this.isDead) return;
    const { clock } = this.world;
    if (clock.nowMs < this.frozenUntilMs) clock.after(this.frozenUntilMs - clock.nowMs, () => this.turn(run));
    else run();
  }

  private later(delayMs: number, run: () => void): void {
    this.world.clock.after(delayMs, () => this.turn(run));
  }

  work(busyMs: number): void {
    this.turn(() => {
      this.queue.push({ sinceMs: this.world.clock.nowMs, busyMs });
      this.serve();
    });
  }

  /** A supervisor has said to all that `process` has ended. */
  toldEnded({ processId }: ModelProcess): void {
    const heardAtMs = this.world.broken === 'unsettled' ? this.nowMs - settledAfterEndMs : this.nowMs;
    this.leases.ended.heard(processId, heardAtMs);
  }

  kill(): void {
    this.isDead = true;
    // The kernel closes its sockets; of a machine that is gone the database notices it only after a while.
    for (const server of this.servers) this.leave(server);
  }

  private leave(server: ModelServer): void {
    const { clock, database } = this.world;
    clock.after(this.isCutOff ? keepAliveMs : 0, () => {
      if (server.processId !== null) database.end(server.processId, server);
    });
  }

  private serve(): void {
    for (const server of this.servers) {
      if (server.state !== 'idle') continue;
      const job = this.queue.shift();
      if (job === undefined) break;
      server.state = 'busy';
      this.later(job.busyMs, () => {
        if (!this.servers.has(server)) return;
        this.served++;
        server.state = 'idle';
        if (this.excess > 0) this.close(server);
        this.serve();
        if (
          server.state === 'idle' &&
          this.holder.isWantedElsewhere &&
          this.nowMs - this.askedAtMs >= idleTellEachMs
        )
          this.ask();
      });
    }
    while (this.queue.length > this.count('opening') && this.holder.mayOpen(this.used, this.nowMs))
      this.open();
    const spares = this.queue.length === 0 && !this.holder.isWantedElsewhere;
    while (spares && this.missing > 0 && this.holder.mayOpen(this.used, this.nowMs)) this.open();
    if (this.queue.length > this.count('opening') || this.holder.mayGive(this.used)) this.askIfDue();
  }

  private get missing(): number {
    return Math.max(0, this.sizeMin - (this.servers.size - this.count('closing')));
  }

  private get excess(): number {
    return (
      this.servers.size - this.count('closing') - Math.min(this.holder.share, this.holder.limit, this.budget)
    );
  }

  private open(): void {
    const { world } = this;
    const server: ModelServer = {
      state: 'opening',
      processId: null,
      started: (processId) => {
        // Known to the model at once, so that a killed process's kernel can close it.
        server.processId = processId;
        this.turn(() => {
          if (!this.servers.has(server)) return;
          this.untold.serverOpened({ processId, role: world.database.role });
          server.state = 'idle';
          if (this.excess > 0) this.close(server);
          this.serve();
        });
        if (this.isDead) this.leave(server);
      },
      ended: () => this.turn(() => this.ended(server)),
    };
    this.servers.add(server);
    // Now and then a name or a handshake takes its time.
    const dialMs =
      world.isStormy && world.random.chance(0.3) ? world.random.next() * 15_000 : world.random.next() * 20;
    this.later(dialMs, () => {
      if (!this.holder.hasOpenRight(this.nowMs) && world.broken !== 'no-recheck') {
        this.servers.delete(server);
        return this.serve();
      }
      // Now and then the packet is lost, and sent again by the kernel, whether or not its process lives.
      const underWayMs = world.random.chance(0.1) ? 400 : 50;
      world.clock.after(world.random.next() * underWayMs, () => world.database.start(server));
      this.whenSent?.();
    });
  }

  private close(server: ModelServer): void {
    if (server.state === 'closing') return;
    server.state = 'closing';
    this.world.clock.after(this.world.random.next() * 5, () =>
      this.world.database.end(server.processId!, server),
    );
  }

  private ended(server: ModelServer): void {
    this.servers.delete(server);
    if (server.processId !== null) this.untold.serverGone(server.processId);
    this.serve();
  }

  /** Somebody waits elsewhere, or slots came free. */
  noted(limit: number | null): void {
    this.turn(() => {
      if (limit !== null) this.holder.limited(limit);
      this.shrink();
      if (limit === null || this.holder.share > this.used || this.count('idle') > 0) this.ask();
    });
  }

  private shrink(): void {
    for (const server of this.servers) if (server.state === 'idle' && this.excess > 0) this.close(server);
  }

  private lookLater(): void {
    this.later(25, () => {
      this.serve();
      this.askIfDue();
      this.lookLater();
    });
  }

  private askIfDue(): void {
    const sinceMs = this.nowMs - this.askedAtMs;
    if (this.holder.asking) return;
    const isWanted =
      this.queue.length > this.count('opening') || this.untold.hasOpened || this.untold.hasProofs;
    if (sinceMs >= renewEachMs || (sinceMs >= askEachMs && isWanted) || this.holder.mayGive(this.used))
      this.ask();
  }

  private ask(): void {
    if (this.holder.asking) return;
    const { world } = this;
    this.askedAtMs = this.nowMs;
    const told = this.untold.tell();
    const idle = this.queue.length === 0 ? this.count('idle') : 0;
    const request = this.holder.ask(
      {
        budget: this.budget,
        used: this.used,
        idle,
        held: 0,
        wanted: Math.max(0, this.queue.length - this.count('opening')),
        waitMs: this.queue[0] === undefined ? 0 : world.clock.nowMs - this.queue[0].sinceMs,
        ahead: this.missing,
        inUse: true,
      },
      `${this.id}/${++this.nonces}`,
      this.nowMs,
      told.proofs,
    );
    const sent =
      world.broken === 'reopen-at-once' && this.holder.last?.closed != null
        ? { ...request, reopen: this.holder.last.closed }
        : request;
    const opened = told.opened.map((server) => ({ holder: this.id, ...server }));
    world.carry(this, { request: sent, opened, gone: told.gone }, (answer) =>
      this.turn(() => this.answered(request, answer, told)),
    );
    this.later(answerTimeoutMs, () => this.holder.unanswered(request));
  }

  private answered(request: LeaseRequest, answer: LeaseAnswer, told: Told): void {
    if (!this.holder.answered(request, answer, this.nowMs)) return;
    this.untold.answered(told, answer.known);
    this.shrink();
    this.serve();
    this.lookForOthers();
  }

  private lookForOthers(): void {
    const { unchecked } = this.holder;
    const [silent] = this.holder.silent(this.nowMs);
    if (this.isLooking || (unchecked === null && (silent === undefined || this.queue.length === 0))) return;
    this.isLooking = true;
    this.later(1_000, () => {
      this.isLooking = false;
    });
    if (unchecked !== null) return this.check(unchecked);
    const { holder, seq, charge, begunMsAgo } = silent!;
    if (this.world.broken === 'no-look') {
      this.untold.proven({ holder, seq, charge: 0 });
      return this.ask();
    }
    const begunByMs = this.nowMs - begunMsAgo;
    const leastAge = () => this.nowMs - begunByMs;
    const { database } = this.world;
    const conclude = (sight: Sight, ageMs: number): void => {
      const left =
        sessionsOf(holder, sight, ageMs).length + strangersIn(sight, new Set([database.role]), ageMs);
      if (left < charge) this.untold.proven({ holder, seq, charge: left });
      this.ask();
    };
    this.look((sight, ageMs) => {
      const own = sessionsOf(holder, sight, ageMs);
      if (own.length === 0) return conclude(sight, ageMs);
      this.world.clock.after(this.world.random.next() * 30, () =>
        database.terminate(
          own.map(({ processId }) => processId),
          ageMs,
        ),
      );
      this.later(300, () => this.look(conclude, leastAge));
    }, leastAge);
  }

  private check(memory: string): void {
    this.look(
      (sight) => {
        const strangers =
          this.world.broken === 'unchecked' ? 0 : strangersIn(sight, new Set([this.world.database.role]), 0);
        this.untold.seen({ memory, strangers });
        this.ask();
      },
      () => 0,
    );
  }

  /** Sessions first, registrations after, each a round trip away. */
  private look(seen: (sight: Sight, ageMs: number) => void, leastAge: () => number): void {
    const { world } = this;
    const ageMs = leastAge();
    world.clock.after(world.random.next() * 30, () => {
      const sessions = world.database.sessions();
      this.later(world.random.next() * 30, () => {
        if (!world.reaches(this)) return;
        const registered = world.store.servers;
        this.later(world.random.next() * 30, () => seen({ sessions, registered }, ageMs));
      });
    });
  }
}
