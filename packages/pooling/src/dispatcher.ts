// Who gets which server connection when: checkout, release, opening, eviction, ends. Decisions only; see effects.ts.
import { Channels } from './channels.ts';
import type { Attempt } from './circuit.ts';
import type { ClientSession } from './client-session.ts';
import type { PinReason, Refusal, ServerCloseReason } from './close-reason.ts';
import { DedicatedServers } from './dedicated-servers.ts';
import type { Effects, OpenFailure } from './effects.ts';
import { Growth, type GrowthActs } from './growth.ts';
import { IdleClients } from './idle-clients.ts';
import type { Listener } from './listener.ts';
import { queryFrame } from './messages.ts';
import { dropOwed } from './name-note.ts';
import { isMidFrame, reconnectPool } from './orders.ts';
import { Outages } from './outages.ts';
import { provable } from './pin.ts';
import type { Pool } from './pool.ts';
import { ServerSession, TransactionStatus } from './server-session.ts';
import { SettingsFollow } from './settings-follow.ts';
import type { ValueSet } from './value-set.ts';

/** Limits of the process, the same for all pools. */
export interface DispatcherLimits {
  /** Named prepared statements kept on one server connection. */
  readonly serverStatementsMax: number;
  /** Server connections of one pool that are opened at the same time. */
  readonly openingMax: number;
  /** A client that keeps a server is asked whether it needs to once it has been quiet for this long. */
  readonly unpinAfterMs: number;
}

export const defaultDispatcherLimits: DispatcherLimits = {
  serverStatementsMax: 500,
  openingMax: 16,
  unpinAfterMs: 1_000,
};

/** Of one client, for its last line in the log. */
const pinReasonsMax = 100;

const rollbackFrame = queryFrame('ROLLBACK');

/** Joins clients with server connections, over all pools of one process. */
export class Dispatcher implements GrowthActs {
  readonly growth: Growth;
  readonly settings: SettingsFollow;
  readonly dedicated: DedicatedServers;
  readonly channels: Channels;
  readonly outages: Outages;
  readonly idleClients = new IdleClients();
  readonly effects: Effects;
  private readonly limits: DispatcherLimits;
  /** Goes on with the held bytes of a client that got its server; set by the request forwarder. */
  onReady: (client: ClientSession, nowMs: number) => void = () => {};

  constructor(effects: Effects, limits: DispatcherLimits = defaultDispatcherLimits) {
    this.effects = effects;
    this.limits = limits;
    this.growth = new Growth(this, limits.openingMax);
    this.settings = new SettingsFollow(this);
    this.dedicated = new DedicatedServers(this, limits.unpinAfterMs);
    this.channels = new Channels(this);
    this.outages = new Outages(this);
  }

  /** Adds a client that has logged in. */
  clientStarted(client: ClientSession, nowMs: number): void {
    client.pool.clients++;
    client.pool.usedAtMs = nowMs;
    client.idleSinceMs = nowMs;
    this.idleClients.watch(client, nowMs);
  }

  /**
   * A client wants a server connection. Returns it, ready for the client's bytes, or null: then the client waits and
   * `onReady` is called once it may go on.
   */
  checkout(client: ClientSession, nowMs: number): ServerSession | null {
    const pool = client.pool;
    client.waitSinceMs = nowMs;
    client.noticed = false;
    if (pool.closed !== null) {
      this.refuse(client, { kind: 'open-failed', cause: pool.closed.cause }, nowMs);
      return null;
    }
    if (client.sequenceServer !== null) {
      const home = this.dedicated.sequenceHome(client, nowMs);
      if (home !== null) return this.dedicated.awaitHome(client, home, nowMs);
    }
    return this.checkoutAny(client, nowMs);
  }

  /** As `checkout`, once it is known that no server is better for the client than another. */
  checkoutAny(client: ClientSession, nowMs: number): ServerSession | null {
    const { pool } = client;
    if (pool.waiters.length === 0) {
      const server = pool.idleFor(client, nowMs);
      if (server !== null) return this.attach(client, server, nowMs) ? server : null;
    }
    // One that has waited for a server of its own until now has waited longest.
    if (client.state === 'waiting') pool.waiters.unshift(client);
    else pool.waiters.push(client);
    client.state = 'waiting';
    this.growth.grow(pool, nowMs);
    return null;
  }

  /** Takes a client out of the queue; it is owed nothing then. */
  stopWaiting(client: ClientSession): void {
    if (client.state !== 'waiting') return;
    this.leaveQueue(client);
    client.state = 'idle';
  }

  private leaveQueue(client: ClientSession): void {
    client.pool.waiters.remove(client);
    client.stopWaiting?.();
    client.stopWaiting = null;
    client.opening = null;
    client.dedicated = null;
  }

  /** Lends `server`; false while settings are replayed on it first. */
  attach(client: ClientSession, server: ServerSession, nowMs: number): boolean {
    client.checkouts++;
    if (client.lastServer !== server && client.lastServer !== null) client.serverChanges++;
    client.unnamedBatch = -1;
    client.namesBatch = -1;
    server.givenBatch = -1;
    this.lend(client, server, nowMs);
    const replays = server.replay !== client.replay;
    if (replays) this.settings.replay(server, client.replay);
    if ((client.showsChannels && this.channels.load(client, server)) || replays) return false;
    this.settings.tellParameters(client, server);
    return true;
  }

  /** Server connections opened from now on have other settings: the open ones are replaced as they come free. */
  sessionsDiffer(server: ServerSession, nowMs: number): void {
    server.newSessions = false;
    for (const pool of server.pool.upstream.pools) reconnectPool(this, pool, nowMs);
  }

  /** The books of a checkout, of a shared server or of one that was opened for the client. */
  lend(client: ClientSession, server: ServerSession, nowMs: number): void {
    const { pool } = client;
    pool.checkoutsTotal++;
    pool.observer.waited(nowMs - client.waitSinceMs);
    pool.move(server, 'active');
    client.state = 'active';
    client.server = server;
    server.client = client;
    server.checkoutAtMs = nowMs;
    // One that left in the middle may have left it behind.
    server.unlistening = null;
    server.began(nowMs);
  }

  /** The server answered everything and is outside a transaction: who is next? */
  release(server: ServerSession, nowMs: number): void {
    const pool = server.pool;
    const client = server.client;
    server.rollbackSent = false;
    if (client !== null) this.detach(server, client, nowMs);
    if (server.cancelsInFlight > 0) {
      pool.move(server, 'cancelling');
    } else {
      this.free(server, nowMs);
    }
    if (client === null) return;
    if (client.listening !== null) this.channels.tell(client, nowMs);
    // Bytes that were held back while the server was slow may hold whole messages.
    if (client.heldLength > 0) this.onReady(client, nowMs);
  }

  /** The client has no server any more; what becomes of that is the caller's affair. */
  detach(server: ServerSession, client: ClientSession, nowMs: number): void {
    server.pool.observer.held(nowMs - server.checkoutAtMs);
    client.server = null;
    client.state = 'idle';
    client.idleSinceMs = nowMs;
    if (client.lastServer !== server || client.recentServers.length === 0) client.changedServer(server);
    server.client = null;
    server.lastClient = client;
    if (!server.outputPaused) return;
    server.outputPaused = false;
    server.peer!.resume();
  }

  private free(server: ServerSession, nowMs: number): void {
    const pool = server.pool;
    if (pool.closed !== null) return this.close(server, 'pool-closed', nowMs);
    if (pool.paused) return this.close(server, 'paused', nowMs);
    const overdue = overdueReason(server, nowMs);
    if (overdue !== null && !server.keptOverdue(nowMs)) return this.close(server, overdue, nowMs);
    const gaveWay = this.growth.givesWay(pool, nowMs);
    if (gaveWay !== null) return this.close(server, gaveWay, nowMs);
    if (this.dedicated.errands.begin(server)) return;
    server.idleSinceMs = nowMs;
    pool.usedAtMs = nowMs;
    pool.move(server, 'idle');
    this.dedicated.cameBack(server, nowMs);
    this.serveWaiters(pool, nowMs);
    // Idle servers are room for pools that found the budget used up.
    if (server.state !== 'idle') return;
    this.growth.growStarved(pool.upstream, nowMs);
    if (pool.upstream.lease?.isWantedElsewhere) pool.upstream.lease.idled();
  }

  /** Hands idle servers to those who wait for one, in order. */
  serveWaiters(pool: Pool, nowMs: number): void {
    for (;;) {
      const client = pool.waiters.peek();
      if (client === null) return;
      const server = pool.idleFor(client, nowMs);
      if (server === null) return;
      pool.waiters.shift();
      if (this.attach(client, server, nowMs)) this.onReady(client, nowMs);
    }
  }

  open(pool: Pool, nowMs: number, dedicatedTo: ClientSession | null = null): ServerSession {
    const { serverStatementsMax } = this.limits;
    const server = new ServerSession(pool, pool.generation, serverStatementsMax, dedicatedTo);
    server.attempt = pool.circuit.begin(nowMs);
    pool.add(server);
    this.effects.openServer(server);
    return server;
  }

  /** A server is open and logged in; `parameters` are its ParameterStatus values. */
  serverOpened(server: ServerSession, parameters: ValueSet, nowMs: number): void {
    const pool = server.pool;
    server.openedAtMs = nowMs;
    server.parameters = parameters;
    if (server.dedicatedTo === null) pool.parameters = parameters;
    pool.failures = 0;
    pool.retryAtMs = 0;
    this.outages.answered(pool.upstream, endAttempt(server), nowMs);
    if (server.state !== 'opening') return;
    if (server.dedicatedTo !== null) return this.dedicated.opened(server, server.dedicatedTo, nowMs);
    // From here on it is a server that has just been released.
    this.free(server, nowMs);
    this.growth.grow(pool, nowMs);
    // While its circuit recovers, each that is open lets others begin.
    if (pool.circuit.state !== 'closed') this.growth.growAll(pool.upstream, nowMs);
  }

  /** Opening failed and the socket is gone. */
  serverFailed(server: ServerSession, failure: OpenFailure, nowMs: number): void {
    const { pool, dedicatedTo } = server;
    const attempt = endAttempt(server);
    const isOwn = failure.kind === 'refused' || failure.kind === 'no-right';
    if (isOwn) {
      pool.failures++;
      pool.retryAtMs = nowMs + pool.upstream.pauses.afterMs(pool.failures);
    }
    this.outages.failed(pool.upstream, attempt, failure, nowMs);
    const refusal: Refusal = { kind: 'open-failed', cause: failure.cause };
    if (dedicatedTo !== null && dedicatedTo.opening === server) {
      dedicatedTo.opening = null;
      const patient = pool.closed === null && failure.kind !== 'refused';
      if (patient) this.dedicated.wait(dedicatedTo, pool.retryAtMs, nowMs);
      else this.refuse(dedicatedTo, refusal, nowMs);
    }
    this.gone(server, nowMs);
    this.serveWaiters(pool, nowMs);
    this.outages.tell(pool.upstream, attempt, nowMs);
    if (failure.kind !== 'refused' || pool.sharedSize > 0) return;
    for (const client of [...pool.waiters]) this.refuse(client, refusal, nowMs);
  }

  /** Ends a server connection; it counts until `serverGone`. */
  close(server: ServerSession, reason: ServerCloseReason, nowMs: number): void {
    if (server.state === 'closing' || server.state === 'gone') return;
    const client = server.client;
    if (client !== null) {
      client.server = null;
      server.client = null;
      if (client.state === 'active') client.state = 'idle';
    }
    this.unpin(server);
    server.closeReason = reason;
    server.pool.move(server, 'closing');
    this.effects.closeServer(server, reason);
    if (server.listener !== null) this.channels.lost(server.listener, nowMs);
  }

  /** The server's own end of file was read, or its socket failed. */
  serverGone(server: ServerSession, nowMs: number): void {
    if (server.state === 'gone') return;
    const client = server.client;
    server.closeReason ??= 'server-ended';
    if (client !== null) {
      client.server = null;
      server.client = null;
      if (client.state === 'active') client.state = 'idle';
    }
    this.gone(server, nowMs);
    if (client === null || client.state === 'ended') return;
    if (server.fatalSent) this.endClient(client, nowMs);
    else this.refuse(client, { kind: 'server-lost' }, nowMs);
  }

  private gone(server: ServerSession, nowMs: number): void {
    const pool = server.pool;
    this.unpin(server);
    if (server.closeReason === 'evicted') pool.upstream.evictionsUnderWay--;
    dropOwed(server);
    pool.move(server, 'gone');
    pool.upstream.giveSlot();
    if (server.listener !== null) this.channels.lost(server.listener, nowMs);
    this.dedicated.cameBack(server, nowMs);
    this.growth.growStarved(pool.upstream, nowMs);
    this.growth.grow(pool, nowMs);
  }

  /** The server stays with its client from now on, and ends with it. */
  pinServer(server: ServerSession, reason: PinReason, nowMs: number, statement: string | null = null): void {
    if (server.pin !== null) {
      if (!provable.has(reason)) server.neverUnpins = true;
      return;
    }
    const { pool } = server;
    server.pin = reason;
    server.pinnedAtMs = nowMs;
    server.pinStatement = statement;
    const client = server.client ?? server.dedicatedTo;
    if (client !== null && client.pinReasons.length < pinReasonsMax)
      client.pinReasons = [...client.pinReasons, reason];
    if (pool.mayPin) this.hold(server, reason);
    else server.pinRefused = true;
  }

  /** From now on the server counts among those that others cannot have. */
  private hold(server: ServerSession, reason: PinReason): void {
    const { pool } = server;
    pool.upstream.pinned++;
    if (reason !== 'session-mode') pool.observer.pinned(reason);
    pool.held++;
    server.pinCounted = true;
  }

  /** A server listens for all of its database: no pin of anybody's, but held as one. */
  holdListener(server: ServerSession, listener: Listener, nowMs: number): void {
    server.pin = 'listen';
    server.pinnedAtMs = nowMs;
    server.neverUnpins = true;
    server.listener = listener;
    server.pool.listening++;
    this.hold(server, 'listen');
  }

  /** A shared server that has been proven to hold nothing that could not follow its client. */
  unpinServer(server: ServerSession): void {
    this.unpin(server);
    server.pin = null;
    server.listensForShow = false;
    server.pinStatement = null;
    server.ownSettings.clear();
  }

  /** A server that closes is nobody's any more: the next pin need not wait for its end of file. */
  private unpin(server: ServerSession): void {
    if (!server.pinCounted) return;
    server.pinCounted = false;
    server.pool.held--;
    server.pool.upstream.pinned--;
    if (server.listener !== null) server.pool.listening--;
  }

  /** Refuses the client of a pin beyond the cap, now that it is owed nothing. */
  refusePin(server: ServerSession, nowMs: number): void {
    const client = server.client;
    const reason = server.pin!;
    const { pinnedMax } = server.pool;
    this.close(server, 'pinned-state', nowMs);
    if (client !== null) this.refuse(client, { kind: 'pin-limit', reason, pinnedMax }, nowMs);
  }

  /** Ends a client that may be in the middle of something; what it leaves is rolled back. */
  expel(client: ClientSession, refusal: Refusal, nowMs: number): void {
    if (client.state === 'ended') return;
    const midFrame = isMidFrame(client);
    this.clientEnded(client, 'lost', nowMs);
    if (midFrame) this.effects.endClient(client);
    else this.effects.refuse(client, refusal);
  }

  /** Ends a client that has no server connection any more; `midFrame`: it cannot be told why. */
  end(client: ClientSession, refusal: Refusal, midFrame: boolean, nowMs: number): void {
    if (midFrame) this.endClient(client, nowMs);
    else this.refuse(client, refusal, nowMs);
  }

  /** Ends a client that has no server connection with an error of Weir's own. */
  refuse(client: ClientSession, refusal: Refusal, nowMs: number): void {
    if (client.state === 'ended') return;
    this.leave(client, nowMs);
    this.effects.refuse(client, refusal);
  }

  private endClient(client: ClientSession, nowMs: number): void {
    if (client.state === 'ended') return;
    this.leave(client, nowMs);
    this.effects.endClient(client);
  }

  /** A client's connection ended: by Terminate, or `lost` without a word. */
  clientEnded(client: ClientSession, how: 'terminate' | 'lost', nowMs: number): void {
    if (client.state === 'ended') return;
    const server = client.server;
    const halfFrame = client.passRemaining > 0 && !client.passDropped;
    this.leave(client, nowMs);
    if (server === null || server.state !== 'active') return;
    const endsTransaction = how === 'lost' && server.transactionStatus !== TransactionStatus.Idle;
    server.client = null;
    if (server.outputPaused) {
      server.outputPaused = false;
      server.peer!.resume();
    }
    if (server.pin !== null && !halfFrame) {
      // A server that is busy reads its Terminate only when it is done.
      if (endsTransaction && server.owed.length > 0) this.effects.cancelServer(server);
      return this.close(server, 'pinned-state', nowMs);
    }
    // Half a message can't be taken back, COPY data can't be ended for the client, and what no Sync follows is
    // never committed: closing does in each case what the end of a direct connection would do.
    if (halfFrame || server.copyIn || server.midBatch || server.skipping) {
      return this.close(server, 'client-gone', nowMs);
    }
    server.pool.move(server, 'finishing');
    if (server.replaying) return;
    if (server.owed.length > 0) {
      // Nobody waits for the rest of an open transaction; a statement outside one runs to its end and commits.
      if (endsTransaction) this.effects.cancelServer(server);
      return;
    }
    this.finish(server, nowMs);
  }

  /** A server whose client is gone has answered everything. */
  finish(server: ServerSession, nowMs: number): void {
    if (server.transactionStatus === TransactionStatus.Idle) {
      // Nobody is left who would want to know what it changed.
      if (server.changed !== null || server.probeDue || server.listens)
        return this.close(server, 'client-gone', nowMs);
      return this.release(server, nowMs);
    }
    if (server.rollbackSent) return this.close(server, 'client-gone', nowMs);
    server.rollbackSent = true;
    server.sendOwn(rollbackFrame);
  }

  private leave(client: ClientSession, nowMs: number): void {
    const pool = client.pool;
    if (client.state === 'waiting') this.leaveQueue(client);
    client.state = 'ended';
    this.idleClients.forget(client);
    client.dropHeld();
    pool.clients--;
    pool.usedAtMs = nowMs;
    if (pool.clients === 0) pool.leftAtMs = nowMs;
    client.listening?.listener.leaveAll(client, nowMs);
    client.listening = null;
    for (const statement of client.statements.values()) pool.statements.give(statement);
    client.statements.clear();
    client.unnamed = null;
    client.server = null;
    client.lastServer = null;
    client.sequenceServer = null;
    client.recentServers = [];
  }

  /** A cancel request for this server is on its way. */
  cancelStarted(server: ServerSession): void {
    server.cancelsInFlight++;
  }

  /** The server has closed the connection on which the cancel request went: no query after this is hit. */
  cancelFinished(server: ServerSession, nowMs: number): void {
    server.cancelsInFlight--;
    if (server.cancelsInFlight === 0 && server.state === 'cancelling') this.free(server, nowMs);
  }

  /** No new checkouts; idle servers close now, the others at release, waiters are refused. */
  closePool(pool: Pool, cause: unknown, nowMs: number): void {
    pool.closed = { cause };
    for (const server of [...pool.idleServers()]) this.close(server, 'pool-closed', nowMs);
    for (const client of [...pool.homeWaiters]) this.refuse(client, { kind: 'open-failed', cause }, nowMs);
    for (const client of [...pool.waiters]) this.refuse(client, { kind: 'open-failed', cause }, nowMs);
    for (const { client } of [...pool.upstream.directWaiters]) {
      if (client?.pool === pool) this.refuse(client, { kind: 'open-failed', cause }, nowMs);
    }
  }
}

function endAttempt(server: ServerSession): Attempt {
  const attempt = server.attempt!;
  server.attempt = null;
  return attempt;
}

/** Why the server is to be closed as soon as it is free, by what it is; null: it may go on. */
export function overdueReason(
  server: ServerSession,
  nowMs: number,
): 'replaced' | 'over-size' | 'max-age' | null {
  const { pool } = server;
  if (server.generation !== pool.generation) return 'replaced';
  if (pool.isOversized && !server.listens) return 'over-size';
  if (nowMs - server.openedAtMs <= server.lifetimeMs) return null;
  // One that cannot be replaced goes on.
  return pool.mayReplace(nowMs) ? 'max-age' : null;
}
