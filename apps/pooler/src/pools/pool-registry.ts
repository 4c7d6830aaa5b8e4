// Every endpoint, pool and upstream that this process serves: found for a client, changed with the catalog, swept.
import { setTimeout as wait } from 'node:timers/promises';
import { SweepTurns, sweep, sweepIdleClients, Upstream } from '@weir/pooling';
import type { PublishedEndpoint } from '@weir/tenancy';
import type { DirectPair } from '../direct/relay.ts';
import { PoolerError } from '../errors.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { EndpointChange } from '../tenants/tenant-cache.ts';
import { carryOutOrders, drainFurther, type OrderDeps } from './carry-out-orders.ts';
import type { PoolRunner } from './pool-runner.ts';
import { poolSettings, ServedEndpoint } from './served-endpoint.ts';

const sweepEachMs = 100;
const noticeAfterMs = 5_000;
const poolIdleMs = 60_000;
/** A server ends at once when it is told to; one that does not is left to itself. */
const closingMs = 1_000;
const closingLookMs = 5;

export interface PoolRegistryOptions {
  readonly processId: string;
  readonly leases: LeaseKeeper;
  /** Those of the process: an order may be about them too. */
  readonly directPairs: ReadonlySet<DirectPair>;
  readonly now: () => number;
}

/** The endpoints in use here, by id. */
export class PoolRegistry {
  readonly served = new Map<string, ServedEndpoint>();
  private readonly upstreams = new Map<string, Upstream>();
  private readonly runner: PoolRunner;
  private readonly options: PoolRegistryOptions;
  private readonly orderDeps: OrderDeps;
  private readonly timer: NodeJS.Timeout;

  constructor(runner: PoolRunner, options: PoolRegistryOptions) {
    this.runner = runner;
    this.options = options;
    this.orderDeps = { runner, ...options };
    const turns = new SweepTurns(sweepEachMs, options.now());
    this.timer = setInterval(() => {
      const now = options.now();
      if (turns.isDue(now)) this.sweep(now);
    }, sweepEachMs);
  }

  /** The endpoint as served here, with the newest published record. */
  serve(endpoint: PublishedEndpoint): ServedEndpoint {
    const known = this.served.get(endpoint.endpointId);
    if (known !== undefined && known.gone !== 'moved') {
      const isNewer = endpoint.generation > known.endpoint.generation;
      // A login that looked the endpoint up before it was deleted does not bring it back; only an undeletion does.
      if (isNewer || known.gone === 'suspended') this.change(known, endpoint);
      return known;
    }
    const served = new ServedEndpoint(endpoint, this.upstreamOf(endpoint));
    this.served.set(endpoint.endpointId, served);
    return served;
  }

  private upstreamOf(endpoint: PublishedEndpoint): Upstream {
    const { budget } = endpoint.sizing;
    const known = this.upstreams.get(endpoint.upstream.id);
    if (known !== undefined) {
      // Two endpoints that state different budgets for one server: the smaller one is safe for both.
      known.budget = Math.min(known.budget, budget);
      return known;
    }
    const upstream = new Upstream(endpoint.upstream.id, budget, this.options.processId);
    this.upstreams.set(upstream.id, upstream);
    this.options.leases.attach(upstream);
    return upstream;
  }

  /** An endpoint in use here has changed or is gone. */
  apply(change: EndpointChange): void {
    if (change.kind === 'deleted') {
      const served = this.served.get(change.endpointId);
      if (served !== undefined) this.retire(served, 'deleted');
      return;
    }
    const served = this.served.get(change.endpoint.endpointId);
    if (served !== undefined) this.change(served, change.endpoint);
  }

  private change(served: ServedEndpoint, endpoint: PublishedEndpoint): void {
    const before = served.endpoint;
    served.endpoint = endpoint;
    carryOutOrders(served, before, this.orderDeps);
    if (endpoint.status === 'suspended') return this.retire(served, 'suspended');
    if (served.gone === 'suspended' || served.gone === 'deleted') this.reopen(served);
    const now = this.options.now();
    const moved = before.upstream.id !== endpoint.upstream.id;
    if (moved && this.isShared(served)) return this.retire(served, 'moved');
    this.setBudget(served.upstream);
    const replaced = JSON.stringify(before.upstream) !== JSON.stringify(endpoint.upstream);
    if (replaced) served.reroute();
    if (replaced) this.runner.dispatcher.channels.replaced(served.upstream, now);
    for (const pool of served.pools.values()) {
      pool.settings = poolSettings(endpoint, pool.origin.role, pool.origin.database);
      if (replaced) pool.movedGeneration = ++pool.generation;
      this.runner.dispatcher.growth.retryNow(pool, now);
    }
  }

  private setBudget(upstream: Upstream): void {
    let budget = Number.POSITIVE_INFINITY;
    for (const served of this.served.values()) {
      if (served.upstream === upstream) budget = Math.min(budget, served.endpoint.sizing.budget);
    }
    if (budget !== Number.POSITIVE_INFINITY) upstream.budget = budget;
  }

  private isShared(served: ServedEndpoint): boolean {
    for (const other of this.served.values()) {
      if (other !== served && other.upstream === served.upstream) return true;
    }
    return false;
  }

  private reopen(served: ServedEndpoint): void {
    served.gone = null;
    for (const pool of served.pools.values()) pool.closed = null;
  }

  private retire(served: ServedEndpoint, gone: 'deleted' | 'suspended' | 'moved'): void {
    served.gone = gone;
    const cause = goneError(served);
    for (const pool of served.pools.values())
      this.runner.dispatcher.closePool(pool, cause, this.options.now());
    this.dismissIdle(served);
  }

  /** Clients outside a transaction are told and closed; the others follow when their transaction is over. */
  private dismissIdle(served: ServedEndpoint): void {
    for (const [session, client] of this.runner.clients) {
      if (client.served === served && session.atRest) this.runner.dismiss(session, goneError(served));
    }
  }

  private sweep(now: number): void {
    for (const upstream of this.upstreams.values())
      sweep(this.runner.dispatcher, upstream, now, noticeAfterMs);
    sweepIdleClients(this.runner.dispatcher, now);
    for (const [id, served] of this.served) {
      served.forgetUnused(now, poolIdleMs);
      drainFurther(served, this.orderDeps);
      if (served.gone === null) continue;
      this.dismissIdle(served);
      if (served.gone !== 'suspended' && served.pools.size === 0 && served.directActive === 0)
        this.served.delete(id);
    }
    for (const [id, upstream] of this.upstreams) {
      if (upstream.used === 0 && upstream.pools.size === 0 && !this.isUsed(upstream))
        this.forget(id, upstream);
    }
  }

  private forget(id: string, upstream: Upstream): void {
    this.upstreams.delete(id);
    this.options.leases.detach(upstream);
  }

  endpointsOf(upstream: Upstream): ServedEndpoint[] {
    return [...this.served.values()].filter((served) => served.upstream === upstream);
  }

  /** Roles of which server connections are opened there. */
  rolesOf(upstream: Upstream): ReadonlySet<string> {
    return new Set(this.endpointsOf(upstream).flatMap(({ credentials }) => [...credentials.keys()]));
  }

  private isUsed(upstream: Upstream): boolean {
    for (const served of this.served.values()) if (served.upstream === upstream) return true;
    return false;
  }

  /** Ends all pooled server connections, and waits for the servers' own ends as long as those usually take. */
  async closeServers(): Promise<void> {
    const { now } = this.options;
    for (const served of this.served.values()) {
      for (const pool of served.pools.values())
        this.runner.dispatcher.closePool(pool, new PoolerError('DRAINING'), now());
    }
    const endAt = now() + closingMs;
    const anyUsed = (): boolean => [...this.upstreams.values()].some(({ used }) => used > 0);
    while (anyUsed() && now() < endAt) await wait(closingLookMs);
  }

  close(): void {
    clearInterval(this.timer);
  }
}

function goneError(served: ServedEndpoint): PoolerError {
  return new PoolerError('ENDPOINT_GONE', { endpoint: served.endpoint.endpointId, change: served.gone });
}
