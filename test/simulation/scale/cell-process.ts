// A simulated pooler process: the pooling core and the leases that serve real clients, with a model's servers behind them.
import { EndedProcesses, type LeaseAsked, type LeaseProcess, LeaseQueue, UpstreamLease } from '@weir/leases';
import {
  ClientSession,
  Dispatcher,
  type Effects,
  noValues,
  Pool,
  type PoolSettings,
  type Refusal,
  type ServerSession,
  sweep,
  Upstream,
} from '@weir/pooling';
import { usualPoolSettings } from '@weir/pooling/testing';
import type { ModelCell } from './model-cell.ts';
import type { ModelClient, ModelTenant } from './model-tenant.ts';

/** Where the pooler's own timers are: its looks at leases, its sweeps, and its looks for silent holders. */
const lookEachMs = 25;
const sweepEachMs = 100;
const lookForSilentEachMs = 1_000;
/** Upstreams where nobody waits are swept this many times less often: only the age of idle servers is due there. */
const idleSweepEvery = 10;
const noticeAfterMs = 5_000;
/** A look in a database: dial, log in, two queries, and for silent holders the end of what they left. */
const lookMs = 50;
const endingMs = 200;

/** Some of the defaults that a tenant gets. */
const settings: PoolSettings = { ...usualPoolSettings, queryWaitTimeoutMs: 60_000 };

/** One tenant at one process. */
export interface Place {
  readonly tenant: ModelTenant;
  readonly upstream: Upstream;
  readonly pool: Pool;
  readonly lease: UpstreamLease<Upstream>;
  nextLookAtMs: number;
  /** Connections that its database has from here. */
  connections: number;
}

export class CellProcess implements Effects {
  readonly id: string;
  readonly node: number;
  readonly dispatcher = new Dispatcher(this);
  readonly places: Place[] = [];
  isLost = false;
  private readonly cell: ModelCell;
  private readonly placeOf = new Map<Pool, Place>();
  private readonly leases: LeaseProcess;
  private readonly queue = new LeaseQueue<UpstreamLease<Upstream>>();
  private readonly processIds = new Map<ServerSession, number>();
  private servers = 0;
  private isWoken = false;
  private sweeps = 0;

  constructor(cell: ModelCell, node: number, number: number) {
    this.cell = cell;
    this.node = node;
    this.id = `node-${node}-${number}`;
    this.leases = { id: this.id, memories: new Map(), ended: new EndedProcesses(), seq: 0 };
    this.dispatcher.onReady = (session) => this.serve(session);
    const { clock, random } = cell;
    this.each(lookEachMs, random.next() * lookEachMs, () => this.look());
    this.each(sweepEachMs, random.next() * sweepEachMs, () => this.sweep());
    cell.redis.subscribers++;
    this.now = () => clock.nowMs;
  }

  private readonly now: () => number;

  private later(ms: number, run: () => void): void {
    this.cell.clock.after(ms, () => {
      if (!this.isLost) run();
    });
  }

  private each(everyMs: number, firstMs: number, run: () => void): void {
    this.later(firstMs, () => {
      run();
      this.each(everyMs, everyMs, run);
    });
  }

  join(client: ModelClient): void {
    const { tenant } = client;
    const place = tenant.places.get(this) ?? this.placeFor(tenant);
    client.process = this;
    client.session = new ClientSession({ peer: client, pool: place.pool, replay: noValues, told: noValues });
    this.dispatcher.clientStarted(client.session, this.now());
  }

  private placeFor(tenant: ModelTenant): Place {
    const { random } = this.cell;
    const upstream = new Upstream(String(tenant.index), tenant.budget, this.id);
    const around = {
      queue: this.queue,
      now: this.now,
      random: () => random.next(),
      wake: () => this.wake(),
    };
    const lease = new UpstreamLease(upstream, this.leases, around);
    upstream.lease = lease;
    const observer = {
      waited: (ms: number) => this.cell.waited(tenant, ms),
      held() {},
      pinned() {},
    };
    const pool = new Pool(upstream.id, upstream.id, upstream, settings, observer);
    upstream.pools.add(pool);
    const place = { tenant, upstream, pool, lease, nextLookAtMs: 0, connections: 0 };
    tenant.places.set(this, place);
    this.places.push(place);
    this.placeOf.set(pool, place);
    return place;
  }

  /** Its client wants a transaction. */
  begin(session: ClientSession): void {
    if (this.dispatcher.checkout(session, this.now()) !== null) this.serve(session);
  }

  private serve(session: ClientSession): void {
    const server = session.server!;
    this.later(this.cell.transactionMs(), () => {
      if (session.server === server) this.dispatcher.release(server, this.now());
    });
  }

  leave(client: ModelClient): void {
    this.dispatcher.clientEnded(client.session!, 'terminate', this.now());
    client.session = null;
    client.process = null;
  }

  /** Its machine is gone: what it had open its databases keep until somebody ends it. */
  lose(): void {
    this.isLost = true;
    this.cell.redis.subscribers--;
    for (const { tenant, connections } of this.places) {
      if (connections > 0) tenant.left.set(this.id, connections);
      tenant.places.delete(this);
    }
  }

  openServer(server: ServerSession): void {
    const { random } = this.cell;
    const place = this.placeOf.get(server.pool)!;
    this.later(2 + random.next() * 8, () => {
      if (!place.upstream.hasOpenRight(this.now()))
        return this.dispatcher.serverFailed(server, { kind: 'full', cause: null }, this.now());
      place.tenant.began();
      place.connections++;
      this.later(2 + random.next() * 4, () => {
        const processId = ++this.servers;
        this.processIds.set(server, processId);
        place.lease.serverOpened({ processId, role: 'app' });
        this.cell.opened(place.tenant);
        this.dispatcher.serverOpened(server, noValues, this.now());
      });
    });
  }

  closeServer(server: ServerSession): void {
    const place = this.placeOf.get(server.pool)!;
    this.later(1, () => {
      place.tenant.connections--;
      place.connections--;
      place.lease.serverGone(this.processIds.get(server)!);
      this.processIds.delete(server);
      this.dispatcher.serverGone(server, this.now());
    });
  }

  cancelServer(): void {}
  noticeWait(): void {}
  circuitChanged(): void {}

  endClient(session: ClientSession): void {
    this.cell.ended(session.peer as ModelClient);
  }

  refuse(session: ClientSession, refusal: Refusal): void {
    this.cell.refused(session.peer as ModelClient, refusal);
  }

  queryTimeoutError(): Uint8Array {
    throw new Error('no query is timed here');
  }

  /** As a note of Redis, to this process. */
  noted(upstream: string, limit: number | null): void {
    const place = this.cell.tenantOf(upstream).places.get(this);
    if (place === undefined) return;
    place.lease.noted(limit);
    this.changed(place.upstream);
    this.wake();
  }

  private changed(upstream: Upstream): void {
    this.dispatcher.growth.shrink(upstream, this.now());
    this.dispatcher.growth.growAll(upstream, this.now());
  }

  private wake(): void {
    if (this.isWoken) return;
    this.isWoken = true;
    this.later(0, () => {
      this.isWoken = false;
      this.look();
    });
  }

  private look(): void {
    const now = this.now();
    const due = this.queue.takeDue(now).filter((lease) => lease.isDue(now));
    if (due.length > 0) this.ask(due);
  }

  private ask(leases: readonly UpstreamLease<Upstream>[]): void {
    const { redis, figures } = this.cell;
    const asked: LeaseAsked[] = leases.map((lease) =>
      lease.ask(`${this.id}/${this.leases.seq}`, this.now(), false),
    );
    redis.ask(asked, figures, (answers) => {
      if (this.isLost) return;
      for (const [index, lease] of leases.entries()) {
        if (!lease.answered(asked[index]!, answers[index]!, this.now())) continue;
        this.changed(lease.upstream);
        this.lookForSilent(lease);
      }
      this.wake();
    });
  }

  /** As the pooler does, with a database that answers at once. */
  private lookForSilent(lease: UpstreamLease<Upstream>): void {
    const { unchecked } = lease.holder;
    const now = this.now();
    const silent = unchecked === null ? lease.silentInTheWay(now) : null;
    if (unchecked === null && silent === null) return;
    const tenant = this.cell.tenantOf(lease.upstream.id);
    const place = tenant.places.get(this)!;
    if (place.nextLookAtMs > now) return;
    place.nextLookAtMs = now + lookForSilentEachMs * (0.75 + this.cell.random.next() / 2);
    this.cell.looked();
    this.later(lookMs, () => {
      if (silent === null) return lease.seen({ memory: unchecked!, strangers: tenant.abandoned });
      tenant.terminate(silent.holder);
      this.later(endingMs, () => {
        const charge = Math.min(silent.charge, tenant.abandoned);
        if (charge < silent.charge) lease.proven({ holder: silent.holder, seq: silent.seq, charge });
      });
    });
  }

  private sweep(): void {
    const all = this.sweeps++ % idleSweepEvery === 0;
    for (const { upstream, pool } of this.places) {
      if (all || pool.waiters.length > 0) sweep(this.dispatcher, upstream, this.now(), noticeAfterMs);
    }
  }
}
