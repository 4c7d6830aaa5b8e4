// Server connections of one client's own: waited for in line with direct ones, opened, given what the client had.
import type { ClientSession } from './client-session.ts';
import type { PinReason } from './close-reason.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Errands } from './errands.ts';
import { parseFrame } from './messages.ts';
import { bytesOf, type UnnamedStatement } from './prepared-statements.ts';
import { Owed, OwedBit } from './reply-queue.ts';
import type { ServerSession } from './server-session.ts';

/** A client waits so long for a server that knows something of it and is in use; then it gets one that does not. */
export const homeWaitMs = 10_000;

/** Moves clients to server connections of their own, before they make state that cannot follow them. */
export class DedicatedServers {
  private readonly dispatcher: Dispatcher;
  readonly errands: Errands;

  constructor(dispatcher: Dispatcher) {
    this.dispatcher = dispatcher;
    this.errands = new Errands(dispatcher);
  }

  /**
   * A client that is owed nothing is to have a server connection of its own, before it makes state that cannot follow
   * it elsewhere. Returns it, or null: then the client waits, and `onReady` is called once it has one.
   */
  checkout(client: ClientSession, reason: PinReason, nowMs: number): ServerSession | null {
    const { pool } = client;
    client.dedicated = reason;
    client.waitSinceMs = nowMs;
    client.noticed = false;
    if (pool.closed !== null) {
      this.dispatcher.refuse(client, { kind: 'open-failed', cause: pool.closed.cause }, nowMs);
      return null;
    }
    client.state = 'waiting';
    if (reason === 'statistics' && this.errands.ask(client, nowMs)) return null;
    return this.checkoutOwn(client, reason, nowMs);
  }

  /** A server is free, or gone: whoever waited for just this one goes on. */
  cameBack(server: ServerSession, nowMs: number): void {
    const { wantedBy } = server;
    server.wantedBy = null;
    if (wantedBy !== null) this.goOn(wantedBy, nowMs);
    this.errands.finished(server, nowMs);
  }

  /** The errands are over, the server it waited for has come back or never will. */
  goOn(client: ClientSession, nowMs: number): void {
    if (client.state !== 'waiting' || !client.pool.homeWaiters.delete(client)) return;
    client.stopWaiting = null;
    client.errands = 0;
    const server = this.checkoutOwn(client, client.dedicated!, nowMs);
    if (server !== null) this.dispatcher.onReady(client, nowMs);
  }

  private checkoutOwn(client: ClientSession, reason: PinReason, nowMs: number): ServerSession | null {
    const home = this.homeOf(client, reason);
    if (home?.state === 'idle') {
      const { upstream } = client.pool;
      if (upstream.direct + upstream.pinned < upstream.heldMax && client.pool.mayHold) {
        client.dedicated = null;
        this.dispatcher.pinServer(home, reason, nowMs, client.dedicatedStatement);
        return this.dispatcher.attach(client, home, nowMs) ? home : null;
      }
    } else if (home !== null && home.wantedBy === null && nowMs - client.waitSinceMs < homeWaitMs) {
      home.wantedBy = client;
      client.pool.homeWaiters.add(client);
      client.stopWaiting = () => {
        home.wantedBy = null;
        client.pool.homeWaiters.delete(client);
      };
      return null;
    }
    if (reason === 'sequence-state' && home === null && client.sequenceServer !== null)
      client.pool.sequencesLost = true;
    this.wait(client, nowMs, nowMs);
    return null;
  }

  /**
   * What only a session knows is asked of the server on which it was, if nobody else has changed that since. Null: of
   * none, or there is no such server any more.
   */
  private homeOf(client: ClientSession, reason: PinReason): ServerSession | null {
    let home: ServerSession | null = null;
    if (reason === 'sequence-state' && client.sequenceServer?.sequenceOwner === client) {
      home = client.sequenceServer;
    } else if (reason === 'statistics' && client.lastServer?.lastClient === client) {
      home = client.lastServer.state === 'idle' ? client.lastServer : null;
    }
    return home === null || home.state === 'closing' || home.state === 'gone' ? null : home;
  }

  wait(client: ClientSession, notBeforeMs: number, nowMs: number): void {
    const { pool } = client;
    const { upstream } = pool;
    const deadlineMs = client.waitSinceMs + pool.settings.queryWaitTimeoutMs;
    client.stopWaiting = this.dispatcher.growth.queueForSlot(
      upstream,
      {
        sinceMs: client.waitSinceMs,
        deadlineMs,
        client,
        notBeforeMs,
        granted: (slot, now) => {
          client.stopWaiting = null;
          if (slot) return this.openFor(client, now);
          const { pinnedMax } = pool;
          const reason = client.dedicated!;
          if (!pool.mayHold || upstream.direct + upstream.pinned >= upstream.heldMax)
            return this.dispatcher.refuse(client, { kind: 'pin-limit', reason, pinnedMax }, now);
          const waitMs = now - client.waitSinceMs;
          const { budget, used } = upstream;
          this.dispatcher.refuse(client, { kind: 'wait-timeout', waitMs, budget, used }, now);
        },
      },
      nowMs,
    );
    if (client.state !== 'waiting') client.stopWaiting = null;
  }

  private openFor(client: ClientSession, nowMs: number): void {
    const { pool } = client;
    // The slot was taken as a direct connection's; it is a pinned one's from here on.
    pool.upstream.direct--;
    const server = this.dispatcher.open(pool, client);
    client.opening = server;
    this.dispatcher.pinServer(server, client.dedicated!, nowMs, client.dedicatedStatement);
  }

  opened(server: ServerSession, client: ClientSession, nowMs: number): void {
    // It left, or was canceled, while its server connection was being opened.
    if (client.opening !== server) return this.dispatcher.close(server, 'client-gone', nowMs);
    client.opening = null;
    const { pool } = client;
    if (pool.closed !== null) {
      this.dispatcher.close(server, 'pool-closed', nowMs);
      return this.dispatcher.refuse(client, { kind: 'open-failed', cause: pool.closed.cause }, nowMs);
    }
    pool.checkoutsTotal++;
    pool.observer.waited(nowMs - client.waitSinceMs);
    pool.move(server, 'active');
    client.state = 'active';
    client.server = server;
    server.client = client;
    server.checkoutAtMs = nowMs;
    server.began(nowMs);
    const prepared = this.prepareOwn(client, server);
    if (prepared || server.replaying) {
      server.replaying = true;
      return;
    }
    this.dispatcher.settings.tellParameters(client, server);
    this.dispatcher.onReady(client, nowMs);
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
    if (server.replay !== client.replay) this.dispatcher.settings.replay(server, client.replay);
    for (const [name, statement] of client.statements) send(bytesOf(name), statement);
    if (client.unnamed !== null) send(null, client.unnamed);
    for (const statement of client.statements.values()) client.pool.statements.give(statement);
    client.statements.clear();
    client.unnamed = null;
    return any;
  }
}
