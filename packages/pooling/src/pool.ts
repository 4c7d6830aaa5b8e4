// One pool: its idle server connections, its queue of waiters and its counters. Which is chosen, not what is done.
import type { Circuit } from './circuit.ts';
import type { ClientSession } from './client-session.ts';
import type { PinReason } from './close-reason.ts';
import { StatementCache } from './prepared-statements.ts';
import type { ServerSession, ServerState } from './server-session.ts';
import type { Upstream } from './upstream.ts';
import type { ValueSet } from './value-set.ts';

/** When a server connection goes from one client to the next: after each transaction, statement, or whole session. */
export type PoolMode = 'transaction' | 'session' | 'statement';

/**
 * How closely session state is watched. `auto`: by text, tags and proof. `strict`: also after what may have changed it
 * unseen, as inside functions. `off`: not at all, for applications that are known to make none.
 */
export type StateTracking = 'auto' | 'strict' | 'off';

/** Limits of a pool; replaced as a whole when a tenant changes them. Times in ms; 0 in the last five: no limit. */
export interface PoolSettings {
  readonly mode: PoolMode;
  readonly stateTracking: StateTracking;
  /** Most server connections; null: what the budget allows. */
  readonly sizeMax: number | null;
  /** Server connections that are kept open ahead of demand; see pool-minimum.ts. */
  readonly sizeMin: number;
  readonly queryWaitTimeoutMs: number;
  readonly serverIdleTimeoutMs: number;
  readonly serverLifetimeMs: number;
  /** Most server connections that stay with one client beyond its transaction; null: what the budget allows. */
  readonly pinsMax: number | null;
  /** A pinned server connection whose client has been silent for this long outside a transaction ends with it. */
  readonly pinIdleTimeoutMs: number;
  readonly clientIdleTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly transactionTimeoutMs: number;
}

/** Told of each wait and each checkout's length, in ms, and of pins; called per transaction, so it must be cheap. */
export interface PoolObserver {
  /** A server connection is one session's for good. */
  pinned(reason: PinReason): void;
  waited(ms: number): void;
  held(ms: number): void;
}

/** A statement that may use sequences waits so long for a server that keeps no other client's values, while one is opened. */
const guardPatienceMs = 100;

/** How many idle servers are looked at for one that needs no replay. */
const matchLookMax = 8;

/** Server connections that may be swapped among the clients of one (endpoint, role, database, startup settings). */
export class Pool {
  readonly key: string;
  readonly database: string;
  readonly upstream: Upstream;
  settings: PoolSettings;
  readonly observer: PoolObserver;
  readonly statements = new StatementCache();
  readonly servers = new Set<ServerSession>();
  readonly waiters = new WaiterQueue();
  /** Raised when new server connections would differ from the open ones; those close at release. */
  generation = 0;
  /** Its value when the upstream last moved to another address. */
  movedGeneration = 0;
  /** ParameterStatus values of the newest server: what a client is greeted with. */
  parameters: ValueSet | null = null;
  /** Not null: nothing is checked out any more, and this is what clients are refused with. */
  closed: { readonly cause: unknown } | null = null;
  /** Its operator holds it: nothing is checked out or opened, clients wait within their deadline. See orders.ts. */
  paused = false;

  clients = 0;
  /** Last moment with a client or a server, for forgetting pools that nobody uses. */
  usedAtMs = 0;
  /** When its last client left. */
  leftAtMs = Number.NEGATIVE_INFINITY;
  /** How its server is reached. */
  circuit: Circuit;
  /** No server is opened before; set after a failure that was this pool's own. */
  retryAtMs = 0;
  failures = 0;

  checkoutsTotal = 0;
  transactionsTotal = 0;
  /** Of those, the ones on a server connection that stays with its client. */
  pinnedTransactionsTotal = 0;
  queriesTotal = 0;

  /** Shared server connections that are being opened. */
  opening = 0;
  /** Clients that wait for servers that are in use to come back to them, or to write out what they have counted. */
  readonly homeWaiters = new Set<ClientSession>();
  /** The value of a sequence was asked for and another client had used the session that knew it. */
  sequencesLost = false;

  /** Server connections that stay with one client, pinned or opened for it alone, or that listen for all. */
  held = 0;
  /** Of those, the ones that listen for all. */
  listening = 0;

  private readonly idle: ServerSession[] = [];

  constructor(
    key: string,
    database: string,
    upstream: Upstream,
    settings: PoolSettings,
    observer: PoolObserver,
  ) {
    this.key = key;
    this.database = database;
    this.upstream = upstream;
    this.circuit = upstream.circuitFor();
    this.settings = settings;
    this.observer = observer;
  }

  /** Server connections in `state`; for metrics, since it looks at each. */
  count(state: ServerState): number {
    let count = 0;
    for (const server of this.servers) if (server.state === state) count++;
    return count;
  }

  /** Every server connection that counts in the budget. */
  get size(): number {
    return this.servers.size;
  }

  /** Those that serve one client after the other: the pool's own limit is theirs. */
  get sharedSize(): number {
    return this.servers.size - this.held;
  }

  /** Those of them that go on serving. Looks at each. */
  get sharedOpen(): number {
    let count = 0;
    for (const { state, pin, dedicatedTo } of this.servers)
      if (state !== 'closing' && pin === null && dedicatedTo === null) count++;
    return count;
  }

  /** It has more shared servers than its size, which was lowered. Asked at each release. */
  get isOversized(): boolean {
    const { sizeMax } = this.settings;
    // The first number is at hand and the second is counted: only a pool whose size was lowered gets that far.
    return sizeMax !== null && this.sharedSize > sizeMax && this.sharedOpen > sizeMax;
  }

  /** Moves a server between states: the only place where one changes. */
  move(server: ServerSession, state: ServerState): void {
    if (server.state === 'idle') {
      // Most often the newest; the search is for evictions and ends.
      if (this.idle.at(-1) === server) this.idle.pop();
      else this.idle.splice(this.idle.indexOf(server), 1);
    }
    if (server.state === 'opening' && server.dedicatedTo === null) this.opening--;
    if (server.state === 'closing') this.upstream.closing--;
    if (state === 'closing') this.upstream.closing++;
    server.state = state;
    if (state === 'idle') this.idle.push(server);
    if (state === 'gone') this.servers.delete(server);
  }

  /** Adds a server that is about to be opened. */
  add(server: ServerSession): void {
    this.servers.add(server);
    if (server.dedicatedTo === null) this.opening++;
  }

  /**
   * The idle server to hand out for a client: the one it had last, whose caches are warm with its tables; else the newest
   * that has its settings and no other's values of sequences, else the newest that has its settings, else the newest.
   * Null also while a statement that uses sequences can have a new server in place of one that keeps another's values.
   */
  idleFor(client: ClientSession, nowMs: number): ServerSession | null {
    const last = this.idle.length - 1;
    if (last < 0 || this.paused) return null;
    const { sequencesAhead } = client;
    const home = client.lastServer;
    if (home?.state === 'idle' && home.replay === client.replay && home.pool === this) {
      if (!sequencesAhead || home.sequenceOwner === client || !home.guardsSequences(nowMs)) return home;
    }
    let owned: ServerSession | null = null;
    let other: ServerSession | null = null;
    let guarded: ServerSession | null = null;
    for (let i = last; i >= 0; i--) {
      const server = this.idle[i]!;
      if (sequencesAhead && server.sequenceOwner !== client && server.guardsSequences(nowMs)) {
        guarded ??= server;
        continue;
      }
      if (i <= last - matchLookMax && (owned ?? other) !== null) break;
      if (server.replay !== client.replay) {
        other ??= server;
        continue;
      }
      const owner = server.sequenceOwner;
      if (owner === null || owner === client || owner.state === 'ended') return server;
      owned ??= server;
    }
    const found = owned ?? other;
    if (found !== null || guarded === null) return found;
    // Whoever waits behind it waits as long, since waiters are served in order.
    if (nowMs - client.waitSinceMs >= guardPatienceMs) return guarded;
    return this.opening > 0 || this.mayGrow(nowMs) ? null : guarded;
  }

  /** Server connections are opened for it at all. */
  get opens(): boolean {
    return this.closed === null && !this.paused;
  }

  /** An attempt to open one may begin, as far as failures say. */
  mayTry(nowMs: number): boolean {
    return this.opens && nowMs >= this.retryAtMs && this.circuit.mayBegin(nowMs);
  }

  /** Another shared server connection may be opened now. */
  mayGrow(nowMs: number): boolean {
    const { sharedSize, sizeMax, upstream } = this;
    return this.mayTry(nowMs) && sharedSize < sizeMax && !upstream.isFull && upstream.hasOpenRight(nowMs);
  }

  /** One of its servers that is closed now can be replaced, as far as anybody knows. */
  mayReplace(nowMs: number): boolean {
    return this.circuit.present === null && this.upstream.mayReplace(nowMs);
  }

  /** The server that has been idle for longest, or null. */
  longestIdle(): ServerSession | null {
    return this.idle[0] ?? null;
  }

  /** Idle servers, longest first. */
  idleServers(): readonly ServerSession[] {
    return this.idle;
  }

  /** How many of its server connections may stay with one client, by its own limit and its upstream's budget. */
  get pinnedMax(): number {
    const { mode, pinsMax, sizeMax } = this.settings;
    const own = mode === 'session' ? sizeMax : pinsMax;
    return Math.min(own ?? Number.POSITIVE_INFINITY, this.upstream.heldMax);
  }

  /** Values of sequences have been lost here: who uses one keeps its server, as far as half of those that may be kept. */
  get sequencesPin(): boolean {
    return this.sequencesLost && (this.held - this.listening) * 2 < this.pinnedMax;
  }

  /** One more server may be pinned now, by the caps of the pool and of its upstream. */
  get mayPin(): boolean {
    return this.mayHold && this.upstream.mayHold;
  }

  get mayHold(): boolean {
    return this.held - this.listening < this.pinnedMax;
  }

  /** How many servers it may have by its own limit and its upstream's budget. */
  get sizeMax(): number {
    return Math.min(this.settings.sizeMax ?? Number.POSITIVE_INFINITY, this.upstream.budget);
  }
}

/** First in, first out; who left meanwhile is passed over. */
export class WaiterQueue {
  private clients: (ClientSession | null)[] = [];
  private first = 0;
  length = 0;

  push(client: ClientSession): void {
    this.clients.push(client);
    this.length++;
  }

  /** Puts a client back in front that was taken out for nothing. */
  unshift(client: ClientSession): void {
    if (this.first > 0) this.clients[--this.first] = client;
    else this.clients.unshift(client);
    this.length++;
  }

  peek(): ClientSession | null {
    while (this.first < this.clients.length) {
      const client = this.clients[this.first]!;
      if (client !== null) return client;
      this.first++;
    }
    this.clients = [];
    this.first = 0;
    return null;
  }

  shift(): ClientSession | null {
    const client = this.peek();
    if (client === null) return null;
    this.clients[this.first++] = null;
    this.length--;
    if (this.first > 1024 && this.first * 2 > this.clients.length) {
      this.clients = this.clients.slice(this.first);
      this.first = 0;
    }
    return client;
  }

  /** Takes a client out wherever it stands. */
  remove(client: ClientSession): void {
    const at = this.clients.indexOf(client, this.first);
    if (at < 0) return;
    this.clients[at] = null;
    this.length--;
  }

  /** Waiters in order, for the sweep. */
  *[Symbol.iterator](): Generator<ClientSession> {
    for (let i = this.first; i < this.clients.length; i++) {
      const client = this.clients[i];
      if (client !== null && client !== undefined) yield client;
    }
  }
}
