// The Redis of one simulated cell: the real rule of leases, served one request after the other at the measured cost.
import {
  decide,
  type HolderRecord,
  type LeaseAnswer,
  type LeaseAsked,
  type LeaseMemory,
  type LeaseNote,
} from '@weir/leases';
import type { Clock } from '../random.ts';
import { add, type Figures } from './figures.ts';

/** What one request costs a Redis: CPU in µs, bytes on the wire. A request's cost grows with the holders of its upstream. */
export interface RedisCost {
  readonly requestUs: number;
  readonly holderUs: number;
  /** To publish a note, and to hand it to one subscriber. */
  readonly noteUs: number;
  readonly subscriberUs: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly holderBytes: number;
  /** Of one note at one subscriber. */
  readonly noteBytes: number;
}

/** One way, between a process and Redis. */
const wayMs = 0.25;
/** A process takes a request that was not answered for so long for lost. */
const answerTimeoutMs = 900;
/** That nobody listens is noticed at once. */
const refusedMs = 1;
/** As in the real one: so many upstreams share a memory as fall into one of these. */
const buckets = 64;

interface Leased {
  holders: ReadonlyMap<string, HolderRecord>;
  checked: string | null;
}

export class ModelRedis {
  isUp = true;
  private runs = 0;
  private readonly clock: Clock;
  private readonly cost: RedisCost;
  private readonly memories: (LeaseMemory | null)[];
  private leased = new Map<string, Leased>();
  private freeAtMs = 0;
  /** Processes that hear notes. */
  subscribers = 0;
  /** Told of each note, and of each holder whose charge was taken from it by proof. */
  onNote: (note: LeaseNote) => void = () => {};
  onReclaimed: (holder: string, slots: number) => void = () => {};

  constructor(clock: Clock, cost: RedisCost) {
    this.clock = clock;
    this.cost = cost;
    const runId = 'run-0';
    this.memories = Array.from({ length: buckets }, () => ({
      runId,
      nonce: 'first',
      open: true,
      fresh: true,
    }));
  }

  /** Another server, which remembers nothing. */
  restartEmpty(): void {
    this.runs++;
    this.memories.fill(null);
    this.leased = new Map();
    this.freeAtMs = 0;
  }

  /** What all holders of this name are charged with. */
  chargeOf(holders: ReadonlySet<string>): number {
    let sum = 0;
    for (const leased of this.leased.values())
      for (const [holder, { charge }] of leased.holders) if (holders.has(holder)) sum += charge;
    return sum;
  }

  ask(
    asked: readonly LeaseAsked[],
    figures: Figures,
    answered: (answers: readonly (LeaseAnswer | null)[]) => void,
  ): void {
    const { clock } = this;
    figures.batches++;
    figures.requests += asked.length;
    add(figures.requestsAt, Math.floor(clock.nowMs / 1000), asked.length);
    for (const { request, opened, gone } of asked) {
      if (request.wanted > 0) figures.wants++;
      else if (opened.length > 0 || gone.length > 0) figures.registrations++;
    }
    const none = asked.map(() => null);
    if (!this.isUp) {
      figures.unanswered += asked.length;
      clock.after(refusedMs, () => answered(none));
      return;
    }
    let doneAtMs = Math.max(this.freeAtMs, clock.nowMs + wayMs);
    const answers: LeaseAnswer[] = [];
    for (const { request } of asked) {
      const bucket = Number.parseInt(request.upstream, 10) % buckets;
      const before = this.leased.get(request.upstream) ?? { holders: new Map(), checked: null };
      const memory = this.memories[bucket]!;
      const { state, answer, notes } = decide({ memory, ...before }, request, `run-${this.runs}`, doneAtMs);
      this.memories[bucket] = state.memory;
      this.leased.set(request.upstream, state);
      const { silent } = request;
      const silentBefore = silent === null ? undefined : before.holders.get(silent.holder);
      if (silentBefore !== undefined) {
        const slots = silentBefore.charge - (state.holders.get(silent!.holder)?.charge ?? 0);
        if (slots > 0) this.onReclaimed(silent!.holder, slots);
      }
      doneAtMs += this.count(figures, answer.others.length + 1, notes.length) / 1000;
      answers.push(answer);
      const atMs = doneAtMs + wayMs - clock.nowMs;
      for (const note of notes) clock.after(atMs, () => this.onNote(note));
    }
    this.freeAtMs = doneAtMs;
    const takesMs = doneAtMs + wayMs - clock.nowMs;
    if (takesMs <= answerTimeoutMs) clock.after(takesMs, () => answered(answers));
    else {
      figures.unanswered += asked.length;
      clock.after(answerTimeoutMs, () => answered(none));
    }
  }

  /** Returns µs. */
  private count(figures: Figures, holders: number, notes: number): number {
    const { cost, subscribers } = this;
    const us =
      cost.requestUs + cost.holderUs * holders + notes * (cost.noteUs + cost.subscriberUs * subscribers);
    figures.redisUs += us;
    figures.holders += holders;
    figures.notes += notes;
    figures.bytesIn += cost.requestBytes;
    figures.bytesOut += cost.answerBytes + cost.holderBytes * holders + notes * cost.noteBytes * subscribers;
    return us;
  }
}
