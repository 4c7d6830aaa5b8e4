// Who gets which server connection when: checkout, release, opening, eviction, ends. Decisions only; see effects.ts.
import { type ChangedSettings, namesMax, showQuery } from './changed-settings.ts';
import type { ClientSession } from './client-session.ts';
import type { PinReason, Refusal, ServerCloseReason } from './close-reason.ts';
import type { Effects, OpenFailure } from './effects.ts';
import { parameterDifferences, parseFrame, queryFrame } from './messages.ts';
import { dropOwed } from './name-note.ts';
import type { Pool } from './pool.ts';
import { bytesOf, type UnnamedStatement } from './prepared-statements.ts';
import { isReplayable, replayQuery } from './replay.ts';
import { Owed, OwedBit } from './reply-queue.ts';
import { ServerSession, TransactionStatus } from './server-session.ts';
import type { DirectWaiter, Upstream } from './upstream.ts';
import type { ValueSet } from './value-set.ts';

/** Limits of the process, the same for all pools. */
export interface DispatcherLimits {
  /** Named prepared statements kept on one server connection. */
  readonly serverStatementsMax: number;
  /** Server connections of one pool that are opened at the same time. */
  readonly openingMax: number;
}

export const defaultDispatcherLimits: DispatcherLimits = { serverStatementsMax: 500, openingMax: 16 };

/** A pool yields to a starved one of its upstream only after this wait, so that slots don't change hands all the time. */
const yieldAfterWaitMs = 50;

const retryFirstMs = 100;
const retryMostMs = 2_000;
/** While a server says that it is starting, its clients wait this long before they are told. */
const startingGraceMs = 10_000;

const rollbackFrame = queryFrame('ROLLBACK');

/** Joins clients with server connections, over all pools of one process. */
export class Dispatcher {
  private readonly effects: Effects;
  private readonly limits: DispatcherLimits;
  /** Goes on with the held bytes of a client that got its server; set by the request forwarder. */
  onReady: (client: ClientSession, nowMs: number) => void = () => {};

  constructor(effects: Effects, limits: DispatcherLimits = defaultDispatcherLimits) {
    this.effects = effects;
    this.limits = limits;
  }

  /** Adds a client that has logged in. */
  clientStarted(client: ClientSession, nowMs: number): void {
    client.pool.clients++;
    client.pool.usedAtMs = nowMs;
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
    if (pool.waiters.length === 0) {
      const server = pool.idleFor(client);
      if (server !== null) return this.attach(client, server, nowMs) ? server : null;
    }
    client.state = 'waiting';
    pool.waiters.push(client);
    this.grow(pool, nowMs);
    return null;
  }

  /**
   * A client that is owed nothing is to have a server connection of its own, before it makes state that cannot follow
   * it elsewhere. It waits; `onReady` is called once it has one.
   */
  checkoutDedicated(client: ClientSession, reason: PinReason, nowMs: number): void {
    const { pool } = client;
    client.dedicated = reason;
    client.waitSinceMs = nowMs;
    client.noticed = false;
    if (pool.closed !== null) {
      this.refuse(client, { kind: 'open-failed', cause: pool.closed.cause }, nowMs);
      return;
    }
    client.state = 'waiting';
    this.waitForDedicated(client, nowMs, nowMs);
  }

  /**
   * A client asks for what only the session knows that it had: the server on which it was, if nobody else has changed
   * that since, is its own from now on. Null: there is none, or it is in use.
   */
  checkoutHome(client: ClientSession, reason: PinReason, nowMs: number): ServerSession | null {
    const home = reason === 'sequence-state' ? client.sequenceServer : client.lastServer;
    if (home === null || home.state !== 'idle' || client.pool.closed !== null) return null;
    const owner = reason === 'sequence-state' ? home.sequenceOwner : home.lastClient;
    const { upstream } = client.pool;
    if (owner !== client || upstream.direct + upstream.pinned >= upstream.heldMax) return null;
    client.waitSinceMs = nowMs;
    client.noticed = false;
    this.pinServer(home, reason, nowMs);
    if (this.attach(client, home, nowMs)) return home;
    return null;
  }

  private waitForDedicated(client: ClientSession, notBeforeMs: number, nowMs: number): void {
    const { pool } = client;
    const { upstream } = pool;
    const deadlineMs = client.waitSinceMs + pool.settings.queryWaitTimeoutMs;
    client.stopWaiting = this.queueForSlot(
      upstream,
      {
        sinceMs: client.waitSinceMs,
        deadlineMs,
        client,
        notBeforeMs,
        granted: (slot, now) => {
          client.stopWaiting = null;
          if (slot) return this.openDedicated(client, now);
          const waitMs = now - client.waitSinceMs;
          const { budget, used } = upstream;
          this.refuse(client, { kind: 'wait-timeout', waitMs, budget, used }, now);
        },
      },
      nowMs,
    );
    if (client.state !== 'waiting') client.stopWaiting = null;
  }

  private openDedicated(client: ClientSession, nowMs: number): void {
    const { pool } = client;
    // The slot was taken as a direct connection's; it is a pinned one's from here on.
    pool.upstream.direct--;
    const server = this.open(pool, client);
    client.opening = server;
    this.pinServer(server, client.dedicated!, nowMs);
  }

  private dedicatedOpened(server: ServerSession, client: ClientSession, nowMs: number): void {
    // It left, or was canceled, while its server connection was being opened.
    if (client.opening !== server) return this.close(server, 'client-gone', nowMs);
    client.opening = null;
    const { pool } = client;
    if (pool.closed !== null) {
      this.close(server, 'pool-closed', nowMs);
      return this.refuse(client, { kind: 'open-failed', cause: pool.closed.cause }, nowMs);
    }
    pool.checkoutsTotal++;
    pool.observer.waited(nowMs - client.waitSinceMs);
    pool.move(server, 'active');
    client.state = 'active';
    client.server = server;
    server.client = client;
    server.checkoutAtMs = nowMs;
    const prepared = this.prepareOwn(client, server);
    if (prepared || server.replaying) {
      server.replaying = true;
      return;
    }
    this.tellParameters(client, server);
    this.onReady(client, nowMs);
  }

  /** What a client prepared by protocol stands on its own server under its own names, as SQL expects it. */
  private prepareOwn(client: ClientSession, server: ServerSession): boolean {
    const out = server.peer!;
    const send = (name: Uint8Array | null, statement: UnnamedStatement): void => {
      out.write(parseFrame(name, statement));
      server.owed.push(Owed.Parse | OwedBit.Skip, null);
      server.owed.push(Owed.Sync | OwedBit.Skip, null);
      server.batchesSent++;
    };
    const any = client.statements.size > 0 || client.unnamed !== null;
    // First, since a text means what it means under the client's settings.
    if (server.replay !== client.replay) this.replay(server, client.replay);
    for (const [name, statement] of client.statements) send(bytesOf(name), statement);
    if (client.unnamed !== null) send(null, client.unnamed);
    for (const statement of client.statements.values()) client.pool.statements.give(statement);
    client.statements.clear();
    client.unnamed = null;
    return any;
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
  private attach(client: ClientSession, server: ServerSession, nowMs: number): boolean {
    const pool = client.pool;
    pool.checkoutsTotal++;
    pool.observer.waited(nowMs - client.waitSinceMs);
    pool.move(server, 'active');
    client.state = 'active';
    client.server = server;
    client.unnamedBatch = -1;
    client.namesBatch = -1;
    server.givenBatch = -1;
    server.client = client;
    server.checkoutAtMs = nowMs;
    if (server.replay !== client.replay) {
      this.replay(server, client.replay);
      return false;
    }
    this.tellParameters(client, server);
    return true;
  }

  private replay(server: ServerSession, settings: ValueSet): void {
    server.replaying = true;
    server.unnamed = null;
    server.owed.push(Owed.Query | OwedBit.Skip, null);
    server.batchesSent++;
    server.peer!.write(queryFrame(replayQuery(server.replay, settings)));
    server.replay = settings;
  }

  /** Everything is answered and no transaction is open: the server is released, once it is known what it holds. */
  settle(server: ServerSession, nowMs: number): void {
    if (server.changed === null) this.release(server, nowMs);
    else this.prove(server, server.changed, nowMs);
  }

  /** The client's texts may have changed settings: the server is asked what they are before anybody else gets it. */
  private prove(server: ServerSession, changed: ChangedSettings, nowMs: number): void {
    const names = changed.ask(server.errors, server.replay);
    if (names === null) {
      server.changed = null;
      return this.release(server, nowMs);
    }
    if (names.length > namesMax) return this.unproven(server, nowMs);
    server.probe = { names, shown: [] };
    if (names.length === 0) return this.proven(server, changed, nowMs);
    server.replaying = true;
    server.unnamed = null;
    server.owed.push(Owed.Query | OwedBit.Skip, null);
    server.batchesSent++;
    server.peer!.write(queryFrame(showQuery(names)));
  }

  private proven(server: ServerSession, changed: ChangedSettings, nowMs: number): void {
    const { names, shown } = server.probe!;
    const { client } = server;
    server.probe = null;
    server.changed = null;
    if (shown.length !== names.length) return this.unproven(server, nowMs);
    const held = changed.held(names, shown, server.replay);
    if (!isReplayable(held)) return this.unproven(server, nowMs);
    server.replay = held;
    if (client === null) return this.finish(server, nowMs);
    client.replay = changed.wanted(server.replay, client.startup);
    this.release(server, nowMs);
  }

  private unproven(server: ServerSession, nowMs: number): void {
    const { client } = server;
    server.probe = null;
    server.changed = null;
    server.replayError = null;
    if (client === null) return this.close(server, 'client-gone', nowMs);
    this.pinServer(server, 'unproven', nowMs);
    if (server.pinRefused) this.refusePin(server, nowMs);
    else this.onReady(client, nowMs);
  }

  /** Server connections opened from now on have other settings: the open ones are replaced as they come free. */
  sessionsDiffer(server: ServerSession, nowMs: number): void {
    server.newSessions = false;
    for (const pool of server.pool.upstream.pools) {
      pool.generation++;
      for (const idle of [...pool.idleServers()]) this.close(idle, 'replaced', nowMs);
    }
  }

  /** The replay's ReadyForQuery came: the client may go on, or hears why it can't. */
  replayed(server: ServerSession, nowMs: number): void {
    server.replaying = false;
    const client = server.client;
    const { changed } = server;
    if (server.probe !== null && changed !== null) {
      if (server.replayError !== null) return this.unproven(server, nowMs);
      return this.proven(server, changed, nowMs);
    }
    if (server.replayError !== null) {
      this.close(server, 'replay-failed', nowMs);
      if (client !== null)
        this.refuse(client, { kind: 'replay-failed', errorFrame: server.replayError }, nowMs);
      return;
    }
    if (client === null) {
      this.finish(server, nowMs);
      return;
    }
    this.tellParameters(client, server);
    this.onReady(client, nowMs);
  }

  /** A client believes what it was told last; what this server holds otherwise is told before its first reply. */
  private tellParameters(client: ClientSession, server: ServerSession): void {
    if (client.told === server.parameters) return;
    for (const frame of parameterDifferences(client.told.values, server.parameters.values))
      client.peer.write(frame);
    client.told = server.parameters;
  }

  /** The server answered everything and is outside a transaction: who is next? */
  release(server: ServerSession, nowMs: number): void {
    const pool = server.pool;
    const client = server.client;
    server.rollbackSent = false;
    if (client !== null) {
      pool.observer.held(nowMs - server.checkoutAtMs);
      client.server = null;
      client.state = 'idle';
      client.lastServer = server;
      server.client = null;
      server.lastClient = client;
      if (server.outputPaused) {
        server.outputPaused = false;
        server.peer!.resume();
      }
    }
    if (server.cancelsInFlight > 0) {
      pool.move(server, 'cancelling');
    } else {
      this.free(server, nowMs);
    }
    // Bytes that were held back while the server was slow may hold whole messages.
    if (client !== null && client.heldLength > 0) this.onReady(client, nowMs);
  }

  private free(server: ServerSession, nowMs: number): void {
    const pool = server.pool;
    if (pool.closed !== null) return this.close(server, 'pool-closed', nowMs);
    if (server.generation !== pool.generation) return this.close(server, 'replaced', nowMs);
    if (nowMs - server.openedAtMs > this.lifetimeMs(server)) return this.close(server, 'max-age', nowMs);
    if (pool.upstream.used > pool.upstream.budget) return this.close(server, 'yielded', nowMs);
    if (this.mustYield(pool, nowMs)) return this.close(server, 'yielded', nowMs);
    if (this.owedToDirect(pool, nowMs)) {
      pool.upstream.evictionsUnderWay++;
      return this.close(server, 'evicted', nowMs);
    }
    server.idleSinceMs = nowMs;
    pool.usedAtMs = nowMs;
    pool.move(server, 'idle');
    this.serveWaiters(pool, nowMs);
    // Idle servers are room for pools that found the budget used up.
    if (server.state === 'idle') this.growStarved(pool.upstream, nowMs);
  }

  /** Spread over a tenth, so that servers opened together don't all end together. */
  private lifetimeMs(server: ServerSession): number {
    return (
      server.pool.settings.serverLifetimeMs * (0.9 + 0.1 * (((server.id * 2_654_435_761) >>> 0) / 2 ** 32))
    );
  }

  /** A slot is wanted for a direct or dedicated connection by somebody who has waited longer than all of this pool. */
  private owedToDirect(pool: Pool, nowMs: number): boolean {
    const { upstream } = pool;
    if (upstream.directWaiters.length === 0 || upstream.used < upstream.budget) return false;
    const { wanted, sinceMs } = upstream.directWanted(nowMs);
    if (upstream.evictionsUnderWay >= wanted) return false;
    const own = pool.waiters.peek();
    return own === null || own.waitSinceMs > sinceMs;
  }

  /** Closes idle servers for direct and dedicated connections that could be opened but for the budget. */
  private evictForDirect(upstream: Upstream, nowMs: number): void {
    if (upstream.directWaiters.length === 0 || upstream.used < upstream.budget) return;
    this.evict(upstream, null, upstream.directWanted(nowMs).wanted, nowMs);
  }

  private mustYield(pool: Pool, nowMs: number): boolean {
    const upstream = pool.upstream;
    if (upstream.used < upstream.budget || upstream.pools.size < 2) return false;
    const starved = upstream.longestStarved(nowMs);
    if (starved === null || starved === pool) return false;
    const share = upstream.fairShare();
    if (starved.size >= share || pool.size <= share) {
      // With fewer slots than pools nobody's share is kept: then only a pool without any server is yielded to.
      if (starved.size > 0 || pool.size > 1 || pool.waiters.length === 0) return false;
    }
    const since = starved.waiters.peek()?.waitSinceMs ?? nowMs;
    // Who has waited longest of all is served first, or two pools would open and yield by turns and serve nobody.
    const own = pool.waiters.peek();
    if (own !== null && own.waitSinceMs <= since) return false;
    return nowMs - since >= yieldAfterWaitMs;
  }

  private serveWaiters(pool: Pool, nowMs: number): void {
    for (;;) {
      const client = pool.waiters.peek();
      if (client === null) return;
      const server = pool.idleFor(client);
      if (server === null) return;
      pool.waiters.shift();
      if (this.attach(client, server, nowMs)) this.onReady(client, nowMs);
    }
  }

  /** Opens servers for waiters, within the pool's size and the budget; evicts where the budget is used up. */
  grow(pool: Pool, nowMs: number): void {
    if (pool.closed !== null || nowMs < pool.retryAtMs) return;
    const upstream = pool.upstream;
    const openingMax = pool.failures > 0 ? 1 : this.limits.openingMax;
    while (pool.opening < Math.min(pool.waiters.length, openingMax) && pool.sharedSize < pool.sizeMax) {
      if (!upstream.takeSlot()) {
        this.evictFor(pool, nowMs);
        return;
      }
      this.open(pool);
    }
  }

  private open(pool: Pool, dedicatedTo: ClientSession | null = null): ServerSession {
    const { serverStatementsMax } = this.limits;
    const server = new ServerSession(pool, pool.generation, serverStatementsMax, dedicatedTo);
    pool.add(server);
    this.effects.openServer(server);
    return server;
  }

  /** Closes idle servers of other pools, at most one for each slot that is wanted and not yet coming free. */
  private evictFor(pool: Pool, nowMs: number): void {
    this.evict(pool.upstream, pool, pool.waiters.length - pool.opening, nowMs);
  }

  private evict(upstream: Upstream, except: Pool | null, wanted: number, nowMs: number): void {
    while (upstream.evictionsUnderWay < wanted) {
      let oldest: ServerSession | null = null;
      for (const pool of upstream.pools) {
        if (pool === except || pool.waiters.length > 0) continue;
        const server = pool.longestIdle();
        if (server !== null && (oldest === null || server.idleSinceMs < oldest.idleSinceMs)) oldest = server;
      }
      if (oldest === null) return;
      upstream.evictionsUnderWay++;
      this.close(oldest, 'evicted', nowMs);
    }
  }

  private growStarved(upstream: Upstream, nowMs: number): void {
    this.grantDirect(upstream, nowMs);
    const starved = upstream.longestStarved(nowMs);
    if (starved !== null) this.grow(starved, nowMs);
  }

  /** A server is open and logged in; `parameters` are its ParameterStatus values. */
  serverOpened(server: ServerSession, parameters: ValueSet, nowMs: number): void {
    const pool = server.pool;
    server.openedAtMs = nowMs;
    server.parameters = parameters;
    if (server.dedicatedTo === null) pool.parameters = parameters;
    pool.failures = 0;
    pool.retryAtMs = 0;
    if (server.state !== 'opening') return;
    if (server.dedicatedTo !== null) return this.dedicatedOpened(server, server.dedicatedTo, nowMs);
    // From here on it is a server that has just been released.
    this.free(server, nowMs);
    this.grow(pool, nowMs);
  }

  /** Opening failed and the socket is gone. */
  serverFailed(server: ServerSession, failure: OpenFailure, nowMs: number): void {
    const pool = server.pool;
    pool.failures++;
    pool.retryAtMs = nowMs + Math.min(retryMostMs, retryFirstMs * 2 ** Math.min(pool.failures - 1, 6));
    const { dedicatedTo } = server;
    if (dedicatedTo !== null && dedicatedTo.opening === server) {
      dedicatedTo.opening = null;
      const patient =
        (pool.closed === null && failure.kind === 'full') ||
        (pool.closed === null &&
          failure.kind === 'starting' &&
          nowMs - dedicatedTo.waitSinceMs < startingGraceMs);
      if (patient) this.waitForDedicated(dedicatedTo, pool.retryAtMs, nowMs);
      else this.refuse(dedicatedTo, { kind: 'open-failed', cause: failure.cause }, nowMs);
    }
    this.gone(server, nowMs);
    if (failure.kind === 'full' || pool.sharedSize > 0) return;
    const refused: ClientSession[] = [];
    for (const client of pool.waiters) {
      if (failure.kind === 'starting' && nowMs - client.waitSinceMs < startingGraceMs) continue;
      refused.push(client);
    }
    for (const client of refused) this.refuse(client, { kind: 'open-failed', cause: failure.cause }, nowMs);
  }

  /** A change (new credentials, new address) makes another attempt worthwhile at once. */
  retryNow(pool: Pool, nowMs: number): void {
    pool.failures = 0;
    pool.retryAtMs = 0;
    this.grow(pool, nowMs);
  }

  /** Ends a server connection; it counts until `serverGone`. */
  close(server: ServerSession, reason: ServerCloseReason, _nowMs: number): void {
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
    this.growStarved(pool.upstream, nowMs);
    this.grow(pool, nowMs);
  }

  /** The server stays with its client from now on, and ends with it. */
  pinServer(server: ServerSession, reason: PinReason, nowMs: number): void {
    if (server.pin !== null) return;
    const upstream = server.pool.upstream;
    server.pin = reason;
    server.pinnedAtMs = nowMs;
    if (upstream.direct + upstream.pinned >= upstream.heldMax) server.pinRefused = true;
    else {
      upstream.pinned++;
      server.pool.observer.pinned(reason);
      server.pool.held++;
      server.pinCounted = true;
    }
  }

  /** A server that closes is nobody's any more: the next pin need not wait for its end of file. */
  private unpin(server: ServerSession): void {
    if (!server.pinCounted) return;
    server.pinCounted = false;
    server.pool.held--;
    server.pool.upstream.pinned--;
  }

  /** Refuses the client of a pin beyond the cap, now that it is owed nothing. */
  refusePin(server: ServerSession, nowMs: number): void {
    const client = server.client;
    const reason = server.pin!;
    const pinnedMax = server.pool.upstream.heldMax;
    this.close(server, 'pinned-state', nowMs);
    if (client !== null) this.refuse(client, { kind: 'pin-limit', reason, pinnedMax }, nowMs);
  }

  /** Ends a client with an error of Weir's own. */
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
    server.client = null;
    if (server.outputPaused) {
      server.outputPaused = false;
      server.peer!.resume();
    }
    if (server.pin !== null) return this.close(server, 'pinned-state', nowMs);
    // Half a message can't be taken back, COPY data can't be ended for the client, and what no Sync follows is
    // never committed: closing does in each case what the end of a direct connection would do.
    if (halfFrame || server.copyIn || server.midBatch || server.skipping) {
      return this.close(server, 'client-gone', nowMs);
    }
    server.pool.move(server, 'finishing');
    if (server.replaying) return;
    if (server.owed.length > 0) {
      // Nobody waits for the rest of an open transaction; a statement outside one runs to its end and commits.
      if (how === 'lost' && server.transactionStatus !== TransactionStatus.Idle)
        this.effects.cancelServer(server);
      return;
    }
    this.finish(server, nowMs);
  }

  /** A server whose client is gone has answered everything. */
  finish(server: ServerSession, nowMs: number): void {
    if (server.transactionStatus === TransactionStatus.Idle) {
      // Nobody is left who would want to know what it changed.
      if (server.changed !== null) return this.close(server, 'client-gone', nowMs);
      return this.release(server, nowMs);
    }
    if (server.rollbackSent) return this.close(server, 'client-gone', nowMs);
    server.rollbackSent = true;
    server.unnamed = null;
    server.owed.push(Owed.Query | OwedBit.Skip, null);
    server.batchesSent++;
    server.peer!.write(rollbackFrame);
  }

  private leave(client: ClientSession, nowMs: number): void {
    const pool = client.pool;
    if (client.state === 'waiting') this.leaveQueue(client);
    client.state = 'ended';
    client.dropHeld();
    pool.clients--;
    pool.usedAtMs = nowMs;
    for (const statement of client.statements.values()) pool.statements.give(statement);
    client.statements.clear();
    client.unnamed = null;
    client.server = null;
    client.lastServer = null;
    client.sequenceServer = null;
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

  /** A direct client wants a slot: granted at once, or when one is free, or not by its deadline. */
  requestDirect(
    upstream: Upstream,
    timeoutMs: number,
    granted: (slot: boolean) => void,
    nowMs: number,
  ): () => void {
    const deadlineMs = nowMs + timeoutMs;
    return this.queueForSlot(
      upstream,
      { sinceMs: nowMs, deadlineMs, client: null, notBeforeMs: nowMs, granted },
      nowMs,
    );
  }

  private queueForSlot(upstream: Upstream, waiter: DirectWaiter, nowMs: number): () => void {
    upstream.directWaiters.push(waiter);
    this.grantDirect(upstream, nowMs);
    this.evictForDirect(upstream, nowMs);
    return () => {
      const at = upstream.directWaiters.indexOf(waiter);
      if (at >= 0) upstream.directWaiters.splice(at, 1);
    };
  }

  /** The direct connection's server has sent its end of file. */
  directGone(upstream: Upstream, nowMs: number): void {
    upstream.direct--;
    upstream.giveSlot();
    this.growStarved(upstream, nowMs);
  }

  private grantDirect(upstream: Upstream, nowMs: number): void {
    for (;;) {
      const at = upstream.directWaiters.findIndex(({ notBeforeMs }) => notBeforeMs <= nowMs);
      const waiter = upstream.directWaiters[at];
      if (waiter === undefined) return;
      // Who came first is served first, pooled or direct.
      const starved = upstream.longestStarved(nowMs)?.waiters.peek();
      if (starved !== undefined && starved !== null && starved.waitSinceMs < waiter.sinceMs) return;
      if (!upstream.takeDirectSlot()) return;
      upstream.directWaiters.splice(at, 1);
      waiter.granted(true, nowMs);
    }
  }

  /** Ages, deadlines and retries of one upstream; called a few times a second. */
  sweep(upstream: Upstream, nowMs: number, noticeAfterMs: number): void {
    for (const pool of upstream.pools) {
      for (;;) {
        const client = pool.waiters.peek();
        if (client === null || nowMs - client.waitSinceMs < pool.settings.queryWaitTimeoutMs) break;
        const { budget, used } = upstream;
        this.refuse(
          client,
          { kind: 'wait-timeout', waitMs: nowMs - client.waitSinceMs, budget, used },
          nowMs,
        );
      }
      for (const client of pool.waiters) {
        const waitMs = nowMs - client.waitSinceMs;
        if (waitMs < noticeAfterMs) break;
        if (client.noticed) continue;
        client.noticed = true;
        this.effects.noticeWait(client, waitMs);
      }
      for (;;) {
        const server = pool.longestIdle();
        if (server === null || nowMs - server.idleSinceMs < pool.settings.serverIdleTimeoutMs) break;
        this.close(server, 'idle', nowMs);
      }
      for (const server of [...pool.idleServers()]) {
        if (server.generation !== pool.generation) this.close(server, 'replaced', nowMs);
        else if (nowMs - server.openedAtMs > this.lifetimeMs(server)) this.close(server, 'max-age', nowMs);
        else if (upstream.used - upstream.evictionsUnderWay > upstream.budget)
          this.close(server, 'yielded', nowMs);
      }
      this.grow(pool, nowMs);
    }
    for (const waiter of [...upstream.directWaiters]) {
      // One that was told a moment ago may have taken others along.
      if (!upstream.directWaiters.includes(waiter)) continue;
      const { client, sinceMs } = waiter;
      if (client !== null && !client.noticed && nowMs - sinceMs >= noticeAfterMs) {
        client.noticed = true;
        this.effects.noticeWait(client, nowMs - sinceMs);
      }
      if (nowMs < waiter.deadlineMs) continue;
      upstream.directWaiters.splice(upstream.directWaiters.indexOf(waiter), 1);
      waiter.granted(false, nowMs);
    }
    this.evictForDirect(upstream, nowMs);
    this.growStarved(upstream, nowMs);
  }

  /** No new checkouts; idle servers close now, the others at release, waiters are refused. */
  closePool(pool: Pool, cause: unknown, nowMs: number): void {
    pool.closed = { cause };
    for (const server of [...pool.idleServers()]) this.close(server, 'pool-closed', nowMs);
    for (const client of [...pool.waiters]) this.refuse(client, { kind: 'open-failed', cause }, nowMs);
    for (const { client } of [...pool.upstream.directWaiters]) {
      if (client?.pool === pool) this.refuse(client, { kind: 'open-failed', cause }, nowMs);
    }
  }
}
