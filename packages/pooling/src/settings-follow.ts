// What settings a server connection holds: given before a client's statement, proven after it.
import { type ChangedSettings, namesMax, showQuery } from './changed-settings.ts';
import { mayFollow } from './channels.ts';
import type { ClientSession } from './client-session.ts';
import type { PinReason } from './close-reason.ts';
import type { Dispatcher } from './dispatcher.ts';
import { fullProbeQuery, readFullProbe } from './full-probe.ts';
import { parameterDifferences, queryFrame } from './messages.ts';
import { isReplayable, replayQuery, startupQuery } from './replay.ts';
import { type ServerSession, TransactionStatus } from './server-session.ts';
import { type ValueSet, valueSetOf } from './value-set.ts';

/** Settings on their way from server to server. */
export class SettingsFollow {
  private readonly dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher) {
    this.dispatcher = dispatcher;
  }

  replay(server: ServerSession, settings: ValueSet): void {
    this.send(server, replayQuery(server.replay, settings));
    server.replay = settings;
  }

  /** Everything is answered and no transaction is open: the server is released, once it is known what it holds. */
  settle(server: ServerSession, nowMs: number): void {
    if (server.probeDue) this.askAll(server);
    else if (server.changed === null) this.settled(server, nowMs);
    else this.prove(server, server.changed, nowMs);
  }

  /**
   * All is answered on a server that stays with its client. A shared one was opened without the client's own startup
   * values: those that the client has gone back to are set again.
   */
  settlePinned(server: ServerSession, client: ClientSession, nowMs: number): void {
    const { changed } = server;
    // Within a message of the client's nothing can be sent, and a statement that is nowhere else must not be ended.
    if (changed !== null && client.passRemaining === 0 && !server.keepsUnnamed) {
      const lacking = changed.mayLack(client.startup, client.pool.parameters);
      keepNames(server);
      if (lacking.length > 0) return this.restore(server, startupQuery(lacking));
    }
    if (client.listening !== null) this.dispatcher.channels.pinnedAtRest(server, client, nowMs);
  }

  private settled(server: ServerSession, nowMs: number): void {
    if (server.listens || server.unlistening !== null) this.dispatcher.channels.settled(server, nowMs);
    else this.dispatcher.release(server, nowMs);
  }

  /** Asks for all that the session holds: what was set unseen is found so. */
  askAll(server: ServerSession): void {
    const asked = new Set<string>();
    for (const names of [server.replay.values.keys(), server.changed?.names ?? [], server.ownSettings])
      for (const name of names) if (inNoCatalog(name)) asked.add(name);
    server.probeDue = false;
    server.probe = { names: null, shown: [] };
    this.send(server, fullProbeQuery(asked));
  }

  private send(server: ServerSession, sql: string): void {
    server.replaying = true;
    server.sendOwn(queryFrame(sql));
  }

  private restore(server: ServerSession, sql: string): void {
    server.restoring = true;
    this.send(server, sql);
  }

  /** The answer to `askAll`: what can follow the client does, anything else pins. */
  private answeredAll(server: ServerSession, nowMs: number): void {
    const { shown } = server.probe!;
    const { client } = server;
    server.probe = null;
    const state = readFullProbe(shown);
    const held = valueSetOf(state.settings);
    if (client === null) {
      server.changed = null;
      if (state.unreplayable !== null || state.channels.length > 0)
        return this.dispatcher.close(server, 'client-gone', nowMs);
      server.replay = held;
      return this.dispatcher.finish(server, nowMs);
    }
    if (server.pin !== null) {
      keepNames(server);
      return this.dispatcher.dedicated.mayUnpin(server, client, state, nowMs);
    }
    server.listens = state.channels.length > 0;
    if (state.unreplayable === null && server.listens && !mayFollow(client))
      return this.pinUnforeseen(server, 'listen', nowMs);
    if (state.unreplayable !== null) return this.pinUnforeseen(server, state.unreplayable, nowMs);
    if (!isReplayable(held)) return this.unproven(server, nowMs);
    server.changed = null;
    server.ownSettings.clear();
    server.replay = held;
    client.replay = withStartup(held, client.startup);
    this.settled(server, nowMs);
  }

  /** The client's texts may have changed settings: the server is asked what they are before anybody else gets it. */
  private prove(server: ServerSession, changed: ChangedSettings, nowMs: number): void {
    const names = changed.ask(server.errors, server.replay);
    if (names === null) {
      server.changed = null;
      return this.settled(server, nowMs);
    }
    if (names.length > namesMax) return this.unproven(server, nowMs);
    server.probe = { names, shown: [] };
    if (names.length === 0) return this.proven(server, changed, nowMs);
    this.send(server, showQuery(names));
  }

  private proven(server: ServerSession, changed: ChangedSettings, nowMs: number): void {
    const { shown } = server.probe!;
    const names = server.probe!.names!;
    const { client } = server;
    server.probe = null;
    server.changed = null;
    if (shown.length !== names.length) return this.unproven(server, nowMs);
    const held = changed.held(names, shown, server.replay);
    if (!isReplayable(held)) return this.unproven(server, nowMs);
    server.replay = held;
    if (client === null) return this.dispatcher.finish(server, nowMs);
    client.replay = changed.wanted(server.replay, client.startup);
    this.settled(server, nowMs);
  }

  private unproven(server: ServerSession, nowMs: number): void {
    const { client } = server;
    server.probe = null;
    if (client === null) return this.dispatcher.close(server, 'client-gone', nowMs);
    this.pinUnforeseen(server, 'unproven', nowMs);
  }

  /** What nobody saw coming keeps the server with its client. */
  pinUnforeseen(server: ServerSession, reason: PinReason, nowMs: number): void {
    this.dispatcher.pinServer(server, reason, nowMs);
    if (server.pinRefused) return this.dispatcher.refusePin(server, nowMs);
    this.staysPinned(server, server.client!, nowMs);
  }

  /** The replay's ReadyForQuery came: the client may go on, or hears why it can't. */
  replayed(server: ServerSession, nowMs: number): void {
    server.replaying = false;
    const { channels } = this.dispatcher;
    if (server.listener !== null) return channels.listenerAnswered(server.listener, nowMs);
    if (server.handover !== null) return channels.answered(server, server.handover, nowMs);
    const client = server.client;
    const { changed } = server;
    if (server.probe?.names === null) {
      if (server.replayError === null) return this.answeredAll(server, nowMs);
      return this.unproven(server, nowMs);
    }
    if (server.probe !== null && changed !== null) {
      if (server.replayError !== null) return this.unproven(server, nowMs);
      return this.proven(server, changed, nowMs);
    }
    const { restoring } = server;
    server.restoring = false;
    if (restoring && client !== null) return this.staysPinned(server, client, nowMs);
    if (server.replayError !== null) {
      this.dispatcher.close(server, 'replay-failed', nowMs);
      if (client !== null)
        this.dispatcher.refuse(client, { kind: 'replay-failed', errorFrame: server.replayError }, nowMs);
      return;
    }
    if (client === null) {
      this.dispatcher.finish(server, nowMs);
      return;
    }
    this.tellParameters(client, server);
    this.dispatcher.onReady(client, nowMs);
  }

  /** A shared server that stays with its client has answered something of Weir's own; its client may go on. */
  private staysPinned(server: ServerSession, client: ClientSession, nowMs: number): void {
    // A time limit of the client's own, say, may have met the question: what it was for is left, nothing else.
    server.replayError = null;
    if (server.transactionStatus !== TransactionStatus.Idle) return this.restore(server, 'ROLLBACK');
    this.tellParameters(client, server);
    this.settlePinned(server, client, nowMs);
    if (!server.replaying) this.dispatcher.onReady(client, nowMs);
  }

  /** A client believes what it was told last; what this server holds otherwise is told before its first reply. */
  tellParameters(client: ClientSession, server: ServerSession): void {
    if (client.told === server.parameters) return;
    for (const frame of parameterDifferences(client.told.values, server.parameters.values))
      client.peer.write(frame);
    client.told = server.parameters;
  }
}

/** A server that stays with its client is asked again later for what the client's texts have set so far. */
function keepNames(server: ServerSession): void {
  for (const name of server.changed?.names ?? []) server.ownSettings.add(name);
  server.changed = null;
}

/** Settings that pg_settings does not show. */
function inNoCatalog(name: string): boolean {
  return name.includes('.') || name === 'session_authorization';
}

/** What a client is to have: as its server, and its own startup values where that has none. */
export function withStartup(held: ValueSet, startup: ValueSet): ValueSet {
  const values = new Map(held.values);
  for (const [name, value] of startup.values) if ((values.get(name) ?? '') === '') values.set(name, value);
  return valueSetOf(values);
}
