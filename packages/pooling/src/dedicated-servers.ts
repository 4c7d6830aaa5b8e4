// Server connections of one client's own: waited for in line with direct ones, opened, given what the client had.
import { ClientMessage, copyOf, encodeUtf8 } from '@weir/protocol';
import { hearsElsewhere, mayFollow } from './channels.ts';
import type { ClientSession } from './client-session.ts';
import type { PinReason } from './close-reason.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Errands } from './errands.ts';
import type { SessionState } from './full-probe.ts';
import { parseFrame, parsePayload } from './messages.ts';
import { indexOfNul, nameText } from './names.ts';
import { provable } from './pin.ts';
import { bytesOf, UnnamedStatement } from './prepared-statements.ts';
import { isReplayable } from './replay.ts';
import { Owed, OwedBit } from './reply-queue.ts';
import { type ServerSession, sequenceGuardMs, TransactionStatus } from './server-session.ts';
import { withStartup } from './settings-follow.ts';
import { type TextEffects, textEffects } from './text-effects.ts';
import { valueSetOf } from './value-set.ts';

/** A client waits so long for a server that knows something of it and is in use; then it gets one that does not. */
const homeWaitMs = 10_000;
/** And so long if it is not known whether it will ask for what that server knows. */
const homeWaitUnseenMs = 1_000;

/** Moves clients to server connections of their own, before they make state that cannot follow them. */
export class DedicatedServers {
  private readonly dispatcher: Dispatcher;
  readonly errands: Errands;
  private readonly unpinAfterMs: number;

  constructor(dispatcher: Dispatcher, unpinAfterMs: number) {
    this.dispatcher = dispatcher;
    this.unpinAfterMs = unpinAfterMs;
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
    if (reason === 'statistics' && this.errands.ask(client)) return null;
    return this.checkoutOwn(client, reason, nowMs);
  }

  /** Notes what a text that goes to a pinned server may leave there that no probe shows; `bytes[at..end)` is its message. */
  note(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    type: number,
    at: number,
    end: number,
  ): void {
    const ofParse = type === ClientMessage.Parse;
    const from = ofParse ? indexOfNul(bytes, at + 5, end) + 1 : at + 5;
    const textEnd = indexOfNul(bytes, from, end);
    // Malformed: the server says so.
    if (from === 0 || textEnd < 0) return;
    const { stateTracking } = client.pool.settings;
    if (!ofParse) client.unnamed = null;
    else if (from === at + 6) {
      client.unnamed = new UnnamedStatement(copyOf(bytes, from, end), stateTracking);
      client.unnamedErrors = server.errors;
    }
    if (server.neverUnpins && client.listening === null) return;
    const effects = textEffects(bytes, from, textEnd, stateTracking);
    noteEffects(server, effects);
    if (effects?.session != null) this.dispatcher.channels.note(server, effects.session);
  }

  /** Asks whether a client that has been quiet for a while still needs the server that it keeps. */
  askIfNeeded(server: ServerSession, nowMs: number): void {
    const { client, pin } = server;
    if (client === null || server.replaying || server.state !== 'active') return;
    if (server.neverUnpins || pin === null || server.pinRefused || !provable.has(pin)) return;
    if (client.passRemaining > 0 || client.heldLength > 0) return;
    // Whether the unnamed statement is there nobody knows, and asking would end it.
    if (client.unnamed !== null && client.unnamedErrors !== server.errors) return;
    // Who listens first gives its server up, and this one is wanted for its sequences still.
    if (pin === 'listen' && server.guardsSequences(nowMs)) return;
    if (server.answeredAtMs === 0 || server.transactionStatus !== TransactionStatus.Idle || server.midBatch)
      return;
    if (server.askedAtMs === server.answeredAtMs || nowMs - server.answeredAtMs < this.unpinAfterMs) return;
    server.askedAtMs = server.answeredAtMs;
    this.dispatcher.settings.askAll(server);
  }

  /** The answer: a session of which nothing is left but what can follow it goes back to sharing. */
  mayUnpin(server: ServerSession, client: ClientSession, state: SessionState, nowMs: number): void {
    const { pool } = client;
    const held = valueSetOf(state.settings);
    const utf8 = server.parameters.values.get('client_encoding') === 'UTF8';
    const heard = state.channels.every((channel) => hearsElsewhere(client, channel));
    const clean =
      state.unreplayable === null &&
      (heard || (server.dedicatedTo === null && mayFollow(client))) &&
      isReplayable(held) &&
      (state.statements.length === 0 || utf8) &&
      (client.unnamed === null || client.unnamedErrors === server.errors);
    if (!clean) return this.stays(server, client, nowMs);
    if (server.dedicatedTo === null) {
      this.dispatcher.unpinServer(server);
      server.replay = held;
      client.replay = withStartup(held, client.startup);
      server.listens = state.channels.length > 0;
      // Another may have been opened in its place while it was pinned.
      if (heard && pool.sharedOpen > pool.sizeMax) return this.endUnpinned(server, client, nowMs);
      return this.dispatcher.channels.settled(server, nowMs);
    }
    const tracking = client.pool.settings.stateTracking;
    for (const { name, text, parameterTypes } of state.statements) {
      const payload = parsePayload(text, parameterTypes);
      const bytes = encodeUtf8(name);
      const key = nameText(bytes, 0, bytes.length);
      client.statements.set(key, client.pool.statements.take(payload, 0, payload.length, tracking));
    }
    client.replay = withStartup(held, client.startup);
    client.dedicated = null;
    this.endUnpinned(server, client, nowMs);
  }

  private endUnpinned(server: ServerSession, client: ClientSession, nowMs: number): void {
    this.dispatcher.close(server, 'unpinned', nowMs);
    client.idleSinceMs = nowMs;
    this.dispatcher.channels.tell(client, nowMs);
    if (client.heldLength > 0) this.dispatcher.onReady(client, nowMs);
  }

  /** The session needs its server still. */
  private stays(server: ServerSession, client: ClientSession, nowMs: number): void {
    if (server.dedicatedTo !== null && client.unnamed !== null) {
      // The question was a simple query, which ends the unnamed statement.
      server.replaying = true;
      prepareOn(server, null, client.unnamed);
      return;
    }
    this.dispatcher.settings.tellParameters(client, server);
    this.dispatcher.onReady(client, nowMs);
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
    client.stopWaiting?.();
    client.stopWaiting = null;
    const { dedicated } = client;
    const server =
      dedicated === null ? this.checkoutAny(client, nowMs) : this.checkoutOwn(client, dedicated, nowMs);
    if (server !== null) this.dispatcher.onReady(client, nowMs);
  }

  /** Its own server has come back, or it has waited for it long enough: then any will do. */
  private checkoutAny(client: ClientSession, nowMs: number): ServerSession | null {
    const home = this.sequenceHome(client, nowMs);
    if (home !== null) return this.awaitHome(client, home, nowMs);
    return this.dispatcher.checkoutAny(client, nowMs);
  }

  private checkoutOwn(client: ClientSession, reason: PinReason, nowMs: number): ServerSession | null {
    const { pool } = client;
    const home = this.homeOf(client, reason);
    if (reason === 'sequence-state') {
      // It is lent as any other: what it knows is guarded from others for a while.
      if (home !== null && (home.state === 'idle' || mayAwait(client, home, homeWaitMs, nowMs)))
        return this.awaitHome(client, home, nowMs);
      if (home === null && client.sequenceServer !== null) pool.sequencesLost = true;
    } else if (home?.state === 'idle' && pool.mayPin) {
      client.dedicated = null;
      this.dispatcher.pinServer(home, reason, nowMs, client.dedicatedStatement);
      return this.dispatcher.attach(client, home, nowMs) ? home : null;
    }
    this.wait(client, nowMs, nowMs);
    return null;
  }

  /** The server with the client's values of sequences, if what it does next may ask for one of them unseen. */
  sequenceHome(client: ClientSession, nowMs: number): ServerSession | null {
    if (nowMs - client.sequenceCallAtMs >= sequenceGuardMs) return null;
    const home = this.homeOf(client, 'sequence-state');
    if (home === null) return null;
    if (home.state === 'idle') return home;
    return client.sequencesAhead && mayAwait(client, home, homeWaitUnseenMs, nowMs) ? home : null;
  }

  /** Lends the client just this server, at once or as soon as it is free. */
  awaitHome(client: ClientSession, home: ServerSession, nowMs: number): ServerSession | null {
    if (home.state === 'idle') {
      client.dedicated = null;
      return this.dispatcher.attach(client, home, nowMs) ? home : null;
    }
    client.state = 'waiting';
    home.wantedBy = client;
    client.pool.homeWaiters.add(client);
    client.stopWaiting = () => {
      home.wantedBy = null;
      client.pool.homeWaiters.delete(client);
    };
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
        isPaused: () => pool.paused,
        circuit: () => pool.circuit,
        granted: (slot, now) => {
          client.stopWaiting = null;
          if (slot) return this.openFor(client, now);
          const { pinnedMax } = pool;
          const reason = client.dedicated!;
          if (!pool.mayPin)
            return this.dispatcher.refuse(client, { kind: 'pin-limit', reason, pinnedMax }, now);
          const waitMs = now - client.waitSinceMs;
          this.dispatcher.refuse(client, upstream.waitTimeout(pool, waitMs, now), now);
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
    const server = this.dispatcher.open(pool, nowMs, client);
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
    this.dispatcher.lend(client, server, nowMs);
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
    const tracking = client.pool.settings.stateTracking;
    const send = (name: Uint8Array | null, statement: UnnamedStatement): void => {
      noteEffects(server, statement.effects(tracking));
      prepareOn(server, name, statement);
    };
    const any = client.statements.size > 0 || client.unnamed !== null;
    // First, since a text means what it means under the client's settings.
    if (server.replay !== client.replay) this.dispatcher.settings.replay(server, client.replay);
    for (const [name, statement] of client.statements) send(bytesOf(name), statement);
    if (client.unnamed !== null) send(null, client.unnamed);
    for (const statement of client.statements.values()) client.pool.statements.give(statement);
    client.statements.clear();
    client.unnamedErrors = server.errors;
    return any;
  }
}

/** How long a client waits for its own server. */
export function homeWaitOf(client: ClientSession): number {
  return client.dedicated === null ? homeWaitUnseenMs : homeWaitMs;
}

/** True while waiting for a server that another client has is worth it. */
function mayAwait(client: ClientSession, home: ServerSession, longestMs: number, nowMs: number): boolean {
  return home.wantedBy === null && nowMs - client.waitSinceMs < longestMs;
}

/** What a text that runs on a client's own server may leave there. */
function noteEffects(server: ServerSession, effects: TextEffects | null): void {
  if (effects === null) return;
  const { pin, session, sequences } = effects;
  // Sequences are watched on shared servers only.
  if (sequences || session === null || (pin !== null && !provable.has(pin))) server.neverUnpins = true;
  for (const name of session?.settings ?? []) server.ownSettings.add(name);
}

/** Prepares a statement on a server under the name given, in a batch of its own. */
function prepareOn(server: ServerSession, name: Uint8Array | null, statement: UnnamedStatement): void {
  server.peer!.write(parseFrame(name, statement));
  server.owed.push(Owed.Parse | OwedBit.Skip, null);
  server.owed.push(Owed.Sync | OwedBit.Skip, null);
  server.batchesSent++;
}
