// One simulated cell: its processes, its tenants with their traffic, its Redis, and the losses that are tried on it.
import type { Refusal } from '@weir/pooling';
import { Clock, type Random } from '../random.ts';
import { CellProcess } from './cell-process.ts';
import { add, Figures, groupOf, Histogram } from './figures.ts';
import { ModelRedis, type RedisCost } from './model-redis.ts';
import type { ModelClient, ModelTenant } from './model-tenant.ts';
import type { ScaleOptions } from './options.ts';

/** A transaction holds its server for so long: the median, and how far apart short and long ones lie (log-normal). */
const transactionMedianMs = 4;
const transactionSigma = 1.2;
/** A tenant that is awake has a burst so often, so long, with so many times its usual traffic on top. */
const burstEachMs = 60_000;
const burstMs = 5_000;
const burstFactor = 9;
/** A client that was refused, or whose process is lost, comes again within this time. */
const comeAgainMs = 2_000;
const redisAwayMs = 3_000;
/** Nobody waits for longer than the pool's timeout and one sweep; the look for that is once a second. */
const overWaitMs = 61_000;

/** What the loss of a node came to. */
export interface NodeLoss {
  readonly tenantsHit: number;
  readonly clientsHit: number;
  /** Slots with which the lost processes were charged. */
  readonly slots: number;
  /** Those of them that were proven to be free since, and how long that took. */
  reclaimed: number;
  readonly reclaimMs: Histogram;
}

export interface CellResult {
  readonly calm: Figures;
  readonly clients: number;
  readonly nodeLost: (NodeLoss & { readonly figures: Figures }) | null;
  readonly redisLost: { readonly figures: Figures; readonly waiting: number } | null;
}

export class ModelCell {
  readonly clock = new Clock();
  readonly random: Random;
  readonly redis: ModelRedis;
  figures = new Figures();
  private readonly options: ScaleOptions;
  private readonly tenants: ReadonlyMap<string, ModelTenant>;
  private readonly awake: readonly ModelTenant[];
  private readonly clients: readonly ModelClient[];
  private processes: CellProcess[] = [];
  /** Clients that are on their way to a process. */
  private coming = 0;

  constructor(options: ScaleOptions, tenants: readonly ModelTenant[], cost: RedisCost, random: Random) {
    this.options = options;
    this.random = random;
    this.redis = new ModelRedis(this.clock, cost);
    for (let node = 0; node < options.nodes; node++)
      for (let i = 0; i < options.processes; i++) this.processes.push(new CellProcess(this, node, i));
    this.tenants = new Map(tenants.map((tenant) => [String(tenant.index), tenant]));
    this.awake = tenants.filter(({ isAwake }) => isAwake);
    this.clients = tenants.flatMap(({ clients }) => clients);
    const byId = new Map(this.processes.map((process) => [process.id, process]));
    this.redis.onNote = ({ upstream, holder, limit }) => {
      const process = byId.get(holder);
      if (process !== undefined && !process.isLost) process.noted(upstream, limit);
    };
    // Those of tenants that are asleep have come long ago: the servers of their first transactions have been closed since.
    for (const client of this.clients) this.come(client, options.warmUpSeconds * 500, client.tenant.isAwake);
    if (this.awake.length === 0) return;
    for (const tenant of this.awake) this.work(tenant, 1, Number.POSITIVE_INFINITY);
    this.recur(burstEachMs / this.awake.length, () => this.burst(this.random.pick(this.awake)));
    const working = this.awake.flatMap(({ clients }) => clients);
    this.recur((options.lifetimeSeconds * 1000) / working.length, () =>
      this.renew(this.random.pick(working)),
    );
  }

  tenantOf(upstream: string): ModelTenant {
    return this.tenants.get(upstream)!;
  }

  /** Runs what is to be measured, and checks each second that nobody is lost or waits for ever. */
  run(losses: boolean): CellResult {
    const { warmUpSeconds, seconds, lossSeconds } = this.options;
    this.pass(warmUpSeconds);
    const calm = this.begin(seconds);
    this.pass(seconds);
    this.countTenants();
    const clients = this.clients.length;
    if (!losses || lossSeconds === 0) return { calm, clients, nodeLost: null, redisLost: null };
    const atNode = this.begin(lossSeconds);
    const nodeLost = { ...this.loseNode(), figures: atNode };
    this.redis.onReclaimed = this.reclaimsInto(nodeLost);
    this.pass(lossSeconds);
    this.redis.onReclaimed = () => {};
    const atRedis = this.begin(lossSeconds);
    this.loseRedis();
    this.pass(lossSeconds);
    return { calm, clients, nodeLost, redisLost: { figures: atRedis, waiting: this.waiting } };
  }

  private begin(seconds: number): Figures {
    this.figures = new Figures();
    this.figures.seconds = seconds;
    return this.figures;
  }

  private pass(seconds: number): void {
    const { clock } = this;
    const untilMs = clock.nowMs + seconds * 1000;
    for (let nextMs = clock.nowMs + 1000; clock.nowMs < untilMs; ) {
      if (!clock.step()) throw new Error('nothing is left to happen');
      if (clock.nowMs < nextMs) continue;
      nextMs += 1000;
      this.check();
    }
    this.check();
  }

  /** Each client is at one process or on its way to one, and no waiter is forgotten. */
  private check(): void {
    let count = this.coming;
    for (const { places } of this.processes)
      for (const { pool, tenant } of places) {
        count += pool.clients;
        const head = pool.waiters.peek();
        if (head !== null && this.clock.nowMs - head.waitSinceMs > overWaitMs)
          throw new Error(`a client of tenant ${tenant.index} waits beyond its deadline`);
      }
    if (count !== this.clients.length)
      throw new Error(`${this.clients.length} clients, and ${count} of them are somewhere`);
  }

  private get waiting(): number {
    let count = 0;
    for (const { places } of this.processes) for (const { pool } of places) count += pool.waiters.length;
    return count;
  }

  private recur(everyMs: number, run: () => void): void {
    this.clock.after(this.exponential(everyMs), () => {
      run();
      this.recur(everyMs, run);
    });
  }

  private exponential(mean: number): number {
    return -Math.log(1 - this.random.next()) * mean;
  }

  /** How long the next transaction holds its server. */
  transactionMs(): number {
    const { random } = this;
    const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    return transactionMedianMs * Math.exp(transactionSigma * normal);
  }

  /** Transactions of a tenant's clients, `factor` times as many as usual. */
  private work(tenant: ModelTenant, factor: number, untilMs: number): void {
    const eachMs = (this.options.thinkSeconds * 1000) / (tenant.clients.length * factor);
    this.clock.after(this.exponential(eachMs), () => {
      if (this.clock.nowMs > untilMs) return;
      this.transact(this.random.pick(tenant.clients));
      this.work(tenant, factor, untilMs);
    });
  }

  private transact({ session, process }: ModelClient): void {
    if (session === null || process!.isLost || session.state !== 'idle') return;
    process!.begin(session);
  }

  private burst(tenant: ModelTenant): void {
    if (tenant.burstUntilMs > this.clock.nowMs) return;
    tenant.burstUntilMs = this.clock.nowMs + burstMs;
    this.work(tenant, burstFactor, tenant.burstUntilMs);
  }

  /** A client that is idle ends, and another comes in its place. */
  private renew(client: ModelClient): void {
    const { session, process } = client;
    if (session === null || process!.isLost || session.state !== 'idle') return;
    process!.leave(client);
    this.come(client, 200);
  }

  /** Connects within `withinMs`, most often for a transaction that it has at once. */
  private come(client: ModelClient, withinMs: number, transacts = true): void {
    this.coming++;
    this.clock.after(this.random.next() * withinMs, () => {
      this.coming--;
      const process = this.processFor(client.tenant);
      process.join(client);
      this.figures.connects++;
      add(this.figures.connectsAt, `${process.id} ${Math.floor(this.clock.nowMs / 1000)}`, 1);
      if (transacts) this.transact(client);
    });
  }

  private processFor({ index }: ModelTenant): CellProcess {
    const { spread } = this.options;
    if (spread === 0) return this.random.pick(this.processes);
    const first = Math.imul(index + 1, 0x9e3779b1) >>> 0;
    return this.processes[(first + this.random.int(0, spread - 1)) % this.processes.length]!;
  }

  waited(tenant: ModelTenant, ms: number): void {
    this.figures.transactions++;
    groupOf(this.figures.bySize, tenant.size).waits.add(ms);
    groupOf(this.figures.byBudget, tenant.budget).waits.add(ms);
  }

  opened(tenant: ModelTenant): void {
    groupOf(this.figures.bySize, tenant.size).opened++;
    groupOf(this.figures.byBudget, tenant.budget).opened++;
  }

  refused(client: ModelClient, refusal: Refusal): void {
    const cause = refusal.kind === 'wait-timeout' ? `${refusal.kind}: ${refusal.cause}` : refusal.kind;
    add(this.figures.refusals, cause, 1);
    groupOf(this.figures.bySize, client.tenant.size).refused++;
    groupOf(this.figures.byBudget, client.tenant.budget).refused++;
    this.ended(client);
  }

  ended(client: ModelClient): void {
    client.session = null;
    client.process = null;
    this.come(client, comeAgainMs);
  }

  looked(): void {
    this.figures.looks++;
    add(this.figures.looksAt, Math.floor(this.clock.nowMs / 1000), 1);
  }

  private countTenants(): void {
    for (const tenant of this.tenants.values()) {
      const places = [...tenant.places.values()];
      for (const group of [
        groupOf(this.figures.bySize, tenant.size),
        groupOf(this.figures.byBudget, tenant.budget),
      ]) {
        group.tenants++;
        group.clients += tenant.clients.length;
        group.processes += places.filter(({ pool }) => pool.clients > 0).length;
        group.servers += tenant.connections;
      }
    }
  }

  private loseNode(): NodeLoss {
    const lost = this.processes.filter(({ node }) => node === 0);
    const holders = new Set(lost.map(({ id }) => id));
    const slots = this.redis.chargeOf(holders);
    const gone = new Set(lost);
    const tenantsHit = new Set<ModelTenant>();
    let clientsHit = 0;
    for (const process of lost) process.lose();
    this.processes = this.processes.filter((process) => !gone.has(process));
    for (const client of this.clients) {
      if (client.process === null || !gone.has(client.process)) continue;
      clientsHit++;
      tenantsHit.add(client.tenant);
      this.ended(client);
    }
    return { tenantsHit: tenantsHit.size, clientsHit, slots, reclaimed: 0, reclaimMs: new Histogram() };
  }

  private reclaimsInto(loss: NodeLoss): (holder: string, slots: number) => void {
    const sinceMs = this.clock.nowMs;
    return (holder, slots) => {
      if (!holder.startsWith('node-0-')) return;
      loss.reclaimed += slots;
      loss.reclaimMs.add(this.clock.nowMs - sinceMs);
    };
  }

  private loseRedis(): void {
    this.redis.isUp = false;
    this.clock.after(redisAwayMs, () => {
      this.redis.restartEmpty();
      this.redis.isUp = true;
    });
  }
}
