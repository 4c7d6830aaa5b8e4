// The simulated surroundings of the pooling core: servers that open, answer and die, clients that come and go.
import {
  ClientSession,
  Dispatcher,
  defaultDispatcherLimits,
  type Effects,
  killPool,
  Pool,
  type PoolSettings,
  pausePool,
  type Refusal,
  ReplyForwarder,
  RequestForwarder,
  reconnectPool,
  resumePool,
  type ServerCloseReason,
  type ServerSession,
  sweep,
  sweepIdleClients,
  Upstream,
  valueSetOf,
} from '@weir/pooling';
import { usualPoolSettings } from '@weir/pooling/testing';
import type { ModelClient } from './model-client.ts';
import { ModelServer } from './model-server.ts';
import { Notifications } from './notifications.ts';
import { Clock, Random } from './random.ts';
import { Wire } from './wire.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly budget: number;
  readonly pools: number;
  /** How often opening a server fails, 0 to 1. */
  readonly openFailures: number;
  readonly queryWaitTimeoutMs: number;
  /** Chance, at each sweep, that a server connection that listens for all is lost. */
  readonly listenerLoss?: number;
  /** Chance, at each sweep, that the server goes away for up to half a second: it ends all and lets nobody in. */
  readonly outages?: number;
  /** Chance, at each sweep, that an operator pauses (for a while), renews or ends a pool; a kill is a tenth of them. */
  readonly orders?: number;
  /** Settings of all pools beside those above. */
  readonly settings?: Partial<PoolSettings>;
}

/** One run. Throws when an invariant does not hold; `pnpm sim` prints the seed. */
export class World implements Effects {
  readonly clock = new Clock();
  readonly notifications = new Notifications(() => this.clock.nowMs);
  readonly random: Random;
  readonly dispatcher = new Dispatcher(this, { ...defaultDispatcherLimits, unpinAfterMs: 10 });
  readonly requests: RequestForwarder;
  readonly replies: ReplyForwarder;
  readonly upstream: Upstream;
  readonly pools: Pool[] = [];
  readonly clients = new Map<ClientSession, ModelClient>();
  readonly refusals: { client: ModelClient; refusal: Refusal }[] = [];
  /** Connections that the simulated Postgres has, from dial to its own end of file. */
  live = 0;
  liveMost = 0;
  checkouts = 0;
  /** Clients that went back from servers of their own to sharing. */
  unpinned = 0;
  outagesSeen = 0;
  /** Server connections that were opened for nobody in particular. */
  sharedSeen = 0;
  /** Of those, the ones that were opened for nobody at all. */
  aheadSeen = 0;
  private readonly servers = new Map<ServerSession, { wire: Wire; model: ModelServer }>();
  private readonly options: WorldOptions;
  private isAway = false;
  private isProbed = false;

  constructor(options: WorldOptions) {
    this.options = options;
    this.random = new Random(options.seed);
    const allocate = (bytes: number): Uint8Array => new Uint8Array(bytes);
    this.requests = new RequestForwarder(this.dispatcher, allocate);
    this.replies = new ReplyForwarder(this.dispatcher, allocate);
    this.upstream = new Upstream('model', options.budget);
    const settings = {
      ...usualPoolSettings,
      queryWaitTimeoutMs: options.queryWaitTimeoutMs,
      serverIdleTimeoutMs: 500,
      serverLifetimeMs: 3_000,
      ...options.settings,
    };
    for (let i = 0; i < options.pools; i++) {
      const pool = new Pool(`pool ${i}`, 'model', this.upstream, settings, {
        waited: () => this.checkouts++,
        held: () => {},
        pinned: () => {},
      });
      this.pools.push(pool);
      this.upstream.pools.add(pool);
    }
    this.sweepLater();
  }

  private sweepLater(): void {
    this.clock.after(20, () => {
      sweep(this.dispatcher, this.upstream, this.clock.nowMs, 200);
      sweepIdleClients(this.dispatcher, this.clock.nowMs);
      for (const { server } of this.upstream.listeners.values())
        if (this.random.chance(this.options.listenerLoss ?? 0)) this.serverEnd(server);
      if (this.random.chance(this.options.orders ?? 0)) this.order();
      if (this.random.chance(this.options.outages ?? 0)) this.goAway();
      // The first clients may not have come yet.
      if (this.clock.nowMs < 10_000 || this.clients.size > 0 || this.upstream.used > 0) this.sweepLater();
    });
  }

  private goAway(): void {
    if (this.isAway) return;
    this.isAway = true;
    this.outagesSeen++;
    for (const server of [...this.servers.keys()]) this.serverEnd(server);
    this.clock.after(this.random.next() * 500, () => {
      this.isAway = false;
    });
  }

  private order(): void {
    const pool = this.random.pick(this.pools);
    const which = this.random.next();
    if (which < 0.1) {
      killPool(this.dispatcher, pool, this.clients.keys(), this.clock.nowMs);
      for (const session of this.clients.keys())
        if (session.pool === pool && session.state !== 'ended') throw new Error('a client outlived a kill');
      for (const { state } of pool.servers)
        if (state !== 'closing' && state !== 'opening') throw new Error('a server outlived a kill');
    } else if (which < 0.5) reconnectPool(this.dispatcher, pool, this.clock.nowMs);
    else {
      pausePool(this.dispatcher, pool, this.clock.nowMs);
      this.clock.after(this.random.next() * 100, () => resumePool(this.dispatcher, pool, this.clock.nowMs));
    }
  }

  /** Adds a client that has logged in. */
  join(client: ModelClient, pool: Pool, applicationName: string): ClientSession {
    const wire = new Wire(this.clock, this.random, {
      arrived: (bytes) => client.received(bytes),
      data: (bytes) => this.requests.clientData(session, bytes, bytes.length, this.clock.nowMs),
      drained: () => this.requests.clientDrained(session, this.clock.nowMs),
    });
    const replay = valueSetOf(new Map([['application_name', applicationName]]));
    const session = new ClientSession({
      peer: wire,
      pool,
      replay,
      told: valueSetOf(new Map([['client_encoding', 'UTF8']])),
    });
    client.connected(wire);
    this.clients.set(session, client);
    this.dispatcher.clientStarted(session, this.clock.nowMs);
    return session;
  }

  /** The client's socket broke, or it has gone after a Terminate. */
  lose(session: ClientSession): void {
    this.clients.delete(session);
    this.dispatcher.clientEnded(session, 'lost', this.clock.nowMs);
  }

  openServer(server: ServerSession): void {
    this.live++;
    if (server.dedicatedTo === null) this.sharedSeen++;
    if (server.dedicatedTo === null && server.pool.opening > server.pool.waiters.length)
      this.openedAhead(server.pool);
    this.liveMost = Math.max(this.liveMost, this.live);
    const isProbe = server.pool.circuit.state === 'open';
    if (isProbe && this.isProbed) throw new Error('a server that is away is asked twice at a time');
    if (isProbe) this.isProbed = true;
    this.clock.after(this.random.next() * 20, () => {
      if (isProbe) this.isProbed = false;
      if (this.isAway) {
        this.live--;
        this.dispatcher.serverFailed(server, { kind: 'unreachable', cause: 'away' }, this.clock.nowMs);
        return;
      }
      if (this.random.chance(this.options.openFailures)) {
        this.live--;
        this.dispatcher.serverFailed(server, { kind: 'full', cause: 'full' }, this.clock.nowMs);
        return;
      }
      const model: ModelServer = new ModelServer({
        notifications: this.notifications,
        whenIdle: () =>
          this.clock.after(this.random.next() * 5, () => {
            for (const frame of model.takeNotified()) wire.send(frame);
          }),
      });
      const own = server.dedicatedTo?.startup.values.get('application_name') ?? '';
      model.settings.set('application_name', own);
      model.applicationAtStart = own;
      const wire: Wire = new Wire(this.clock, this.random, {
        arrived: (bytes) => {
          for (const reply of model.feed(bytes)) wire.send(reply);
          if (model.ended) this.clock.after(this.random.next() * 5, () => this.serverEnd(server));
        },
        data: (bytes) => this.replies.serverData(server, bytes, bytes.length, this.clock.nowMs),
        drained: () => this.requests.serverDrained(server, this.clock.nowMs),
      });
      server.peer = wire;
      this.servers.set(server, { wire, model });
      const parameters = valueSetOf(
        new Map([
          ['application_name', own],
          ['client_encoding', 'UTF8'],
        ]),
      );
      this.dispatcher.serverOpened(server, parameters, this.clock.nowMs);
    });
  }

  /** What is opened though nobody waits for it takes a slot from nobody. */
  private openedAhead(pool: Pool): void {
    this.aheadSeen++;
    if (pool.paused) throw new Error('a server was opened ahead for a paused pool');
    if (pool.circuit.state !== 'closed') throw new Error('a server that is away was asked ahead of demand');
    if (pool.sharedOpen > pool.settings.sizeMin)
      throw new Error('more servers were opened ahead than are to be kept');
    if (this.upstream.longestStarved(this.clock.nowMs) !== null)
      throw new Error('a server was opened ahead while a client waited for one');
  }

  closeServer(server: ServerSession, reason: ServerCloseReason): void {
    if (reason === 'unpinned') this.unpinned++;
    // Terminate, or the end of our bytes in the middle of a message: the server ends either way, in its own time.
    this.clock.after(this.random.next() * 10, () => this.serverEnd(server));
  }

  private serverEnd(server: ServerSession): void {
    const known = this.servers.get(server);
    if (known === undefined) return;
    this.servers.delete(server);
    known.wire.close();
    this.notifications.leave(known.model);
    this.live--;
    this.dispatcher.serverGone(server, this.clock.nowMs);
  }

  cancelServer(server: ServerSession): void {
    this.dispatcher.cancelStarted(server);
    this.clock.after(this.random.next() * 30, () => this.dispatcher.cancelFinished(server, this.clock.nowMs));
  }

  refuse(session: ClientSession, refusal: Refusal): void {
    const client = this.clients.get(session);
    if (client === undefined) return;
    this.clients.delete(session);
    this.refusals.push({ client, refusal });
    client.refused();
  }

  endClient(session: ClientSession): void {
    this.clients.get(session)?.refused();
    this.clients.delete(session);
  }

  noticeWait(): void {}
  circuitChanged(): void {}

  queryTimeoutError(): Uint8Array {
    throw new Error('no model of a cancelled query');
  }

  /** What must hold after every step. */
  check(): void {
    const { upstream } = this;
    if (this.live > upstream.budget)
      throw new Error(`${this.live} server connections, budget ${upstream.budget}`);
    if (upstream.used !== this.live)
      throw new Error(`${upstream.used} slots taken, ${this.live} connections`);
    const holders = new Set<ClientSession>();
    let pinned = 0;
    for (const pool of this.pools) {
      for (const server of pool.servers) {
        const { client } = server;
        if (server.state === 'idle' && (client !== null || server.owed.length > 0)) {
          throw new Error('an idle server has a client, or owes replies');
        }
        if (server.state === 'idle' && pool.paused) throw new Error('a paused pool has an idle server');
        if (server.pin !== null && !server.pinRefused && server.state !== 'closing') pinned++;
        if (client === null) continue;
        if (client.server !== server) throw new Error('a server is held by a client that does not hold it');
        if (holders.has(client)) throw new Error('a client holds two servers');
        holders.add(client);
      }
      if (pool.held - pool.listening > pool.pinnedMax)
        throw new Error(`${pool.held} servers held, ${pool.pinnedMax} allowed`);
      let since = 0;
      for (const waiter of pool.waiters) {
        if (waiter.state !== 'waiting') throw new Error('one waits who is not waiting');
        if (waiter.waitSinceMs < since) throw new Error('waiters are out of order');
        since = waiter.waitSinceMs;
      }
    }
    if (pinned !== upstream.pinned || pinned > upstream.heldMax)
      throw new Error(`${pinned} servers pinned, ${upstream.pinned} counted, ${upstream.heldMax} allowed`);
    for (const session of this.clients.keys()) {
      if (session.state === 'active' && !holders.has(session))
        throw new Error('an active client has no server');
    }
  }
}
