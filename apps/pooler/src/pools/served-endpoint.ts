// One endpoint as this process serves it: its pools, its credentials and its counters. No sockets.
import {
  type Circuit,
  type DrainPace,
  Pool,
  type PoolObserver,
  type PoolSettings,
  type Upstream,
} from '@weir/pooling';
import { Histogram } from '@weir/telemetry';
import { ordersFor, type PublishedEndpoint, settingsFor } from '@weir/tenancy';
import type { ServerCredential } from '../client/authenticate.ts';

/** What a pool's servers are opened with. */
export interface PoolOrigin {
  readonly served: ServedEndpoint;
  readonly role: string;
  readonly database: string;
  /** Settings that go into the StartupMessage, so that RESET leads back to them. */
  readonly keyGucs: ReadonlyMap<string, string>;
}

/** A pool that knows what its servers are opened with. */
export class ServedPool extends Pool {
  readonly origin: PoolOrigin;

  constructor(key: string, origin: PoolOrigin, observer: PoolObserver) {
    const { served, role, database } = origin;
    super(key, database, served.upstream, poolSettings(served.endpoint, role, database), observer);
    this.origin = origin;
    this.circuit = served.circuit;
    this.paused = ordersFor(served.endpoint.orders, role, database).paused;
  }
}

/** More sets of startup settings than this share one pool of their role and database, and are replayed. */
const gucVariantsMax = 4;

const none: ReadonlyMap<string, string> = new Map();

/** Counts by a word of a closed list. */
export class WordCounts {
  readonly counts = new Map<string, number>();

  add(word: string): void {
    this.counts.set(word, (this.counts.get(word) ?? 0) + 1);
  }
}

/** What pools have done so far. */
export interface PoolTotals {
  checkouts: number;
  transactions: number;
  /** On server connections that stayed with their client. */
  pinnedTransactions: number;
  queries: number;
}

/** Counters and pools of one endpoint. */
export class ServedEndpoint {
  endpoint: PublishedEndpoint;
  readonly upstream: Upstream;
  readonly pools = new Map<string, ServedPool>();
  /** By the very set of settings, which is one for all clients that send the same: the pool that was theirs last. */
  private readonly lastPools = new WeakMap<ReadonlyMap<string, string>, ServedPool>();
  /** How its server is reached. */
  circuit: Circuit;
  /** What logs in to the server for a role: the newest that a client proved. */
  readonly credentials = new Map<string, ServerCredential>();
  /** Why clients are sent away once they are outside a transaction; null while the endpoint is served. */
  gone: 'deleted' | 'suspended' | 'moved' | null = null;

  /** Sends its clients away one after the other; null: it is not being drained. */
  drain: DrainPace | null = null;

  directActive = 0;
  serverOpens = 0;
  connectsDelayed = 0;
  bytesFromClients = 0;
  bytesToClients = 0;
  readonly serverCloses = new WordCounts();
  readonly pins = new WordCounts();
  readonly clientCloses = new WordCounts();
  readonly errors = new WordCounts();
  readonly waitSeconds = new Histogram();
  readonly querySeconds = new Histogram();
  /** When the database was last seen to have answered, to about the time between two looks; -1: never. */
  answeredAtMs = -1;
  private transactionsSeen = 0;
  /** Totals of pools that have been forgotten. */
  private readonly past: PoolTotals = { checkouts: 0, transactions: 0, pinnedTransactions: 0, queries: 0 };

  private readonly observer: PoolObserver = {
    waited: (ms) => this.waitSeconds.observe(ms / 1000),
    held: (ms) => this.querySeconds.observe(ms / 1000),
    pinned: (reason) => this.pins.add(reason),
  };

  constructor(endpoint: PublishedEndpoint, upstream: Upstream) {
    this.endpoint = endpoint;
    this.upstream = upstream;
    this.circuit = upstream.circuitFor(routeOf(endpoint));
  }

  /** The server is reached in another way, for all the pools. */
  reroute(): void {
    this.circuit = this.upstream.circuitFor(routeOf(this.endpoint));
    for (const pool of this.pools.values()) pool.circuit = this.circuit;
  }

  /**
   * The pool for a client, made if it is new, and the settings that must be replayed for this client because the
   * pool's servers are opened without them.
   */
  poolFor(
    role: string,
    database: string,
    keyGucs: ReadonlyMap<string, string>,
  ): { readonly pool: ServedPool; readonly replayed: ReadonlyMap<string, string> } {
    const last = this.lastPools.get(keyGucs);
    if (last !== undefined && last.origin.role === role && last.origin.database === database) {
      if (this.pools.get(last.key) === last) return { pool: last, replayed: none };
    }
    const key = poolKey(role, database, keyGucs);
    const known = this.pools.get(key);
    if (known !== undefined) {
      this.lastPools.set(keyGucs, known);
      return { pool: known, replayed: none };
    }
    if (keyGucs.size > 0 && this.variants(role, database) >= gucVariantsMax) {
      return { pool: this.poolFor(role, database, none).pool, replayed: keyGucs };
    }
    const pool = new ServedPool(key, { served: this, role, database, keyGucs }, this.observer);
    this.pools.set(key, pool);
    this.upstream.pools.add(pool);
    return { pool, replayed: none };
  }

  private variants(role: string, database: string): number {
    let count = 0;
    for (const { origin } of this.pools.values()) {
      if (origin.role === role && origin.database === database && origin.keyGucs.size > 0) count++;
    }
    return count;
  }

  /** Forgets pools without clients and servers that nobody used for `idleMs`. */
  forgetUnused(nowMs: number, idleMs: number): void {
    for (const [key, pool] of this.pools) {
      if (pool.clients > 0 || pool.size > 0 || nowMs - pool.usedAtMs < idleMs) continue;
      addTotals(this.past, pool);
      this.pools.delete(key);
      this.upstream.pools.delete(pool);
    }
  }

  /** Called each second: whether transactions have ended since. */
  look(nowMs: number): void {
    const { transactions } = this.totals();
    if (transactions > this.transactionsSeen) this.answeredAtMs = nowMs;
    this.transactionsSeen = transactions;
  }

  /** Totals over all pools, also those that are gone. */
  totals(): PoolTotals {
    const totals = { ...this.past };
    for (const pool of this.pools.values()) addTotals(totals, pool);
    return totals;
  }
}

function addTotals(totals: PoolTotals, pool: ServedPool): void {
  totals.checkouts += pool.checkoutsTotal;
  totals.transactions += pool.transactionsTotal;
  totals.pinnedTransactions += pool.pinnedTransactionsTotal;
  totals.queries += pool.queriesTotal;
}

/** What the tenant has set for the pools of a role in a database. */
export function poolSettings(endpoint: PublishedEndpoint, role: string, database: string): PoolSettings {
  const { poolSize, poolSizeMin, ...others } = settingsFor(endpoint.settings, role, database);
  return { ...others, sizeMax: poolSize, sizeMin: poolSizeMin };
}

/** Whoever reaches a server in the same way fails in the same way. */
function routeOf({ upstream: { host, port, tlsMode, caPem } }: PublishedEndpoint): string {
  return JSON.stringify([host, port, tlsMode, caPem]);
}

function poolKey(role: string, database: string, keyGucs: ReadonlyMap<string, string>): string {
  return JSON.stringify([role, database, ...keyGucs]);
}
