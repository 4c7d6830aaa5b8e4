// Simulated shared state: the rule of leases, on a server that goes away, is restarted empty, or fails over to an older copy.
import {
  decide,
  type LeaseAnswer,
  type LeaseNote,
  type LeaseRequest,
  type LeaseState,
  type Registration,
} from '@weir/leases';
import type { Clock } from '../random.ts';

interface Contents {
  readonly state: LeaseState;
  readonly servers: readonly Registration[];
}

export interface StoreRequest {
  readonly request: LeaseRequest;
  readonly opened: readonly Registration[];
  readonly gone: readonly number[];
}

export class ModelStore {
  private readonly clock: Clock;
  /** Its own clock may jump. */
  clockOffsetMs = 0;
  private runs = 0;
  private contents: Contents = {
    state: {
      memory: { runId: 'run-0', nonce: 'first', open: true, fresh: true },
      holders: new Map(),
      checked: null,
    },
    servers: [],
  };
  /** What it held at which time, for a copy that lags behind. */
  private history: { readonly atMs: number; readonly contents: Contents }[] = [];
  isUp = true;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  ask({ request, opened, gone }: StoreRequest): { answer: LeaseAnswer; notes: readonly LeaseNote[] } {
    const { nowMs } = this.clock;
    const decision = decide(this.contents.state, request, `run-${this.runs}`, nowMs + this.clockOffsetMs);
    let { servers } = this.contents;
    if (decision.answer.current) {
      const { silent, holder } = request;
      const isGivenUp = silent !== null && !decision.state.holders.has(silent.holder);
      servers = servers.filter(
        (server) =>
          !(isGivenUp && server.holder === silent.holder) &&
          !(server.holder === holder && gone.includes(server.processId)) &&
          !opened.some((one) => one.holder === server.holder && one.processId === server.processId),
      );
      servers = [...servers, ...opened];
    }
    this.contents = { state: decision.state, servers };
    this.history.push({ atMs: nowMs, contents: this.contents });
    if (this.history.length > 5_000) this.history = this.history.slice(-2_500);
    return decision;
  }

  get servers(): readonly Registration[] {
    return this.contents.servers;
  }

  /** The sum of all charges, for tests of the rule itself. */
  get holders(): LeaseState['holders'] {
    return this.contents.state.holders;
  }

  restartEmpty(): void {
    this.runs++;
    this.history = [];
    this.contents = { state: { memory: null, holders: new Map(), checked: null }, servers: [] };
  }

  /** Another server takes over, which has everything but the last `lostMs`. */
  failOver(lostMs: number): void {
    this.runs++;
    const untilMs = this.clock.nowMs - lostMs;
    const copy = this.history.findLast(({ atMs }) => atMs <= untilMs);
    if (copy === undefined) this.restartEmpty();
    else this.contents = copy.contents;
    this.history = [];
  }
}
