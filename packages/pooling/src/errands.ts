// Errands on servers that a client has left: what they have counted for it is written out before it asks for the numbers.
import type { ClientSession } from './client-session.ts';
import type { Dispatcher } from './dispatcher.ts';
import { queryFrame } from './messages.ts';
import type { ServerSession } from './server-session.ts';

// A server keeps what it has counted to itself for up to ten seconds. From Postgres 15 on it can be told not to.
const flushFrame = queryFrame('SELECT pg_catalog.pg_stat_force_next_flush()');

/** Sends servers that are free, or as they become free, on errands. */
export class Errands {
  private readonly dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher) {
    this.dispatcher = dispatcher;
  }

  /**
   * Has all servers that `client` used lately write out their counts, one after the other: a TRUNCATE counted after the
   * rows that it removed. True: the client waits for that.
   */
  ask(client: ClientSession): boolean {
    client.errands = client.recentServers;
    client.recentServers = [];
    client.pool.homeWaiters.add(client);
    client.stopWaiting = () => {
      client.errands = [];
      client.pool.homeWaiters.delete(client);
    };
    if (this.next(client)) return true;
    client.stopWaiting();
    client.stopWaiting = null;
    return false;
  }

  /**
   * A TRUNCATE has run for `client`: what its other servers have counted of the rows that are gone is written out before
   * the TRUNCATE is, and nobody waits for that.
   */
  flushOthers(client: ClientSession): void {
    for (const server of client.recentServers) {
      if (server === client.server || !canFlush(server)) continue;
      server.errandFor ??= [];
      if (server.state === 'idle') this.begin(server);
    }
  }

  /** Sends the next server, if there is one left. */
  private next(client: ClientSession): boolean {
    for (;;) {
      const server = client.errands.shift();
      if (server === undefined) return false;
      if (!canFlush(server) || server.pool !== client.pool) continue;
      if (server.errandFor !== null) server.errandFor.push(client);
      else server.errandFor = [client];
      if (server.state === 'idle') this.begin(server);
      return true;
    }
  }

  /** The server is free: true if it goes on an errand first. */
  begin(server: ServerSession): boolean {
    if (server.errandFor === null || server.errandSent) return false;
    server.errandSent = true;
    server.pool.move(server, 'finishing');
    server.sendOwn(flushFrame);
    return true;
  }

  /** The errand is over, one way or the other. */
  finished(server: ServerSession, nowMs: number): void {
    const clients = server.errandFor;
    if (clients === null) return;
    server.errandFor = null;
    server.errandSent = false;
    for (const client of clients) {
      if (client.state !== 'waiting' || !client.pool.homeWaiters.has(client)) continue;
      if (!this.next(client)) this.dispatcher.dedicated.goOn(client, nowMs);
    }
  }
}

/** Postgres can be told to from version 15 on; before it writes its counts out by itself. */
function canFlush(server: ServerSession): boolean {
  if (server.state === 'closing' || server.state === 'gone' || server.listener !== null) return false;
  return server.majorVersion >= 15;
}
