// Server connections of one client's own: waited for in line with direct ones, opened, given what the client had.
import type { ClientSession } from './client-session.ts';
import type { PinReason } from './close-reason.ts';
import type { Dispatcher } from './dispatcher.ts';
import { parseFrame } from './messages.ts';
import { bytesOf, type UnnamedStatement } from './prepared-statements.ts';
import { Owed, OwedBit } from './reply-queue.ts';
import type { ServerSession } from './server-session.ts';

/** Moves clients to server connections of their own, before they make state that cannot follow them. */
export class DedicatedServers {
  private readonly dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher) {
    this.dispatcher = dispatcher;
  }

  /**
   * A client that is owed nothing is to have a server connection of its own, before it makes state that cannot follow
   * it elsewhere. It waits; `onReady` is called once it has one.
   */
  checkout(client: ClientSession, reason: PinReason, nowMs: number): void {
    const { pool } = client;
    client.dedicated = reason;
    client.waitSinceMs = nowMs;
    client.noticed = false;
    if (pool.closed !== null) {
      this.dispatcher.refuse(client, { kind: 'open-failed', cause: pool.closed.cause }, nowMs);
      return;
    }
    client.state = 'waiting';
    this.wait(client, nowMs, nowMs);
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
    this.dispatcher.pinServer(home, reason, nowMs);
    if (this.dispatcher.attach(client, home, nowMs)) return home;
    return null;
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
    this.dispatcher.pinServer(server, client.dedicated!, nowMs);
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
