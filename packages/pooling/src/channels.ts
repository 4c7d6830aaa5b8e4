// Channels that clients listen to, on their way from a client's server to the listener of its database.
import { copyOf, decodeNotification } from '@weir/protocol';
import type { SessionEffects } from '@weir/sql';
import type { ClientSession } from './client-session.ts';
import type { Dispatcher } from './dispatcher.ts';
import { cutChannel, cutName, Listener, type Listening, listenTo } from './listener.ts';
import { queryFrame } from './messages.ts';
import type { ServerSession } from './server-session.ts';
import type { Upstream } from './upstream.ts';

const none: ReadonlySet<string> = new Set();

/** What a client has not been told yet may take this much memory; whoever is slower than that is ended. */
const untoldBytesMax = 4 * 1024 * 1024;
/** What one more costs beside its bytes, which it shares with others that hear the same. */
const entryBytes = 100;
/** Unsent to one client, before notifications for it wait. Bytes. */
const unsentBytesMax = 256 * 1024;
/** A listener to whom nobody listens is kept this long for the next. */
const emptyMs = 10_000;
/** A listener that answers nothing for so long is deaf, as far as anybody knows: those who hear by it are to be told. */
const answerMs = 30_000;

// In a transaction of its own kind, since one with the client's defaults might wait for others.
const askFrame = queryFrame(`BEGIN ISOLATION LEVEL READ COMMITTED NOT DEFERRABLE;
SELECT pg_catalog.pg_backend_pid()::pg_catalog.text UNION ALL SELECT pg_catalog.pg_listening_channels();
COMMIT`);
const unlistenAllFrame = queryFrame('UNLISTEN *');

// Nobody waits for the disk, and what the client has set is not to fail it.
const withoutLimits =
  'SET LOCAL synchronous_commit = off;SET LOCAL statement_timeout = 0;SET LOCAL lock_timeout = 0';

/**
 * How far a server connection is with giving its client's channels to the listener. `ask`: it is asked which they are.
 * `wait`: for the listener to listen to them. `cut`: both are about to hear where one takes over from the other.
 * `stop`: the listener has them already. `show`: nothing is given; it is to listen to what the listener has.
 */
export interface Handover {
  step: 'ask' | 'wait' | 'cut' | 'stop' | 'show';
  /** Channels of which this connection tells its client until the cut. */
  added: ReadonlySet<string>;
  /** Its cut, once that is on its way: others' cuts come by as well. */
  cut: string | null;
  /** The cut has come by here: the rest is the listener's. */
  passed: boolean;
}

/** An UNLISTEN that was sent, to take effect with its transaction. */
export interface Unlistening {
  readonly channels: Set<string>;
  all: boolean;
  /** Errors its server had told when the first was sent; more since: nobody knows whether it happened. */
  readonly errors: number;
  /** An UNLISTEN has run: what is only prepared has no effect. */
  ran: boolean;
  /** Something has been rolled back since. */
  undone: boolean;
}

/** Gives what clients listen to to the listeners, and tells clients what those hear. */
export class Channels {
  private readonly dispatcher: Dispatcher;
  private marks = 0;

  constructor(dispatcher: Dispatcher) {
    this.dispatcher = dispatcher;
  }

  /** A text with these effects goes to `server` for its client. */
  note(server: ServerSession, { unlistens }: SessionEffects): void {
    if (unlistens.length === 0 || server.client?.listening == null) return;
    server.unlistening ??= {
      channels: new Set(),
      all: false,
      errors: server.errors,
      ran: false,
      undone: false,
    };
    if (unlistens === 'all') server.unlistening.all = true;
    else for (const channel of unlistens) server.unlistening.channels.add(channel);
  }

  /** DISCARD ALL has run. */
  discarded(client: ClientSession, nowMs: number): void {
    if (client.listening !== null) this.unlisten(client, client.listening, client.listening.all(), nowMs);
  }

  /**
   * Its transaction is over: the client hears no more of what it has given up, and has not listened to again. If in
   * doubt it goes on hearing.
   */
  private applyUnlistening(server: ServerSession, again: ReadonlySet<string>, nowMs: number): void {
    const { unlistening, client } = server;
    if (unlistening === null) return;
    server.unlistening = null;
    const { ran, undone, errors } = unlistening;
    if (!ran || undone || errors !== server.errors || client?.listening == null) return;
    const channels = unlistening.all ? client.listening.all() : [...unlistening.channels];
    this.unlisten(
      client,
      client.listening,
      channels.filter((channel) => !again.has(channel)),
      nowMs,
    );
  }

  private unlisten(
    client: ClientSession,
    listening: Listening,
    channels: readonly string[],
    nowMs: number,
  ): void {
    listening.listener.leave(client, channels, nowMs);
    const stays = (frame: Uint8Array): boolean =>
      listening.channels.has(decodeNotification(frame.subarray(5)).channel);
    listening.untold = listening.untold.filter(stays);
    listening.untoldBytes = listening.untold.reduce((sum, frame) => sum + frame.length + entryBytes, 0);
    if (listening.channels.size === 0 && listening.joining.size === 0 && !listening.lost)
      client.listening = null;
  }

  /** Everything is answered and no setting in doubt: the server is released, once it listens to nothing any more. */
  settled(server: ServerSession, nowMs: number): void {
    if (!server.listens) {
      this.applyUnlistening(server, none, nowMs);
      return this.dispatcher.release(server, nowMs);
    }
    if (server.client !== null && !mayFollow(server.client)) {
      server.listens = false;
      return this.dispatcher.settings.pinUnforeseen(server, 'listen', nowMs);
    }
    server.handover = { step: 'ask', added: none, cut: null, passed: false };
    server.probe = { names: [], shown: [] };
    this.send(server, askFrame);
  }

  private send(server: ServerSession, frame: Uint8Array): void {
    server.replaying = true;
    server.sendOwn(frame);
  }

  /** A server of which something was asked for its handover has answered. */
  answered(server: ServerSession, handover: Handover, nowMs: number): void {
    const { client, probe } = server;
    server.probe = null;
    if (client === null) return this.dispatcher.close(server, 'client-gone', nowMs);
    if (handover.step === 'show') {
      server.handover = null;
      server.replayError = null;
      return this.dispatcher.onReady(client, nowMs);
    }
    if (server.replayError !== null) return this.keep(server, client, handover, nowMs);
    if (handover.step === 'cut') {
      handover.step = 'stop';
      return this.send(server, unlistenAllFrame);
    }
    if (handover.step !== 'ask') return this.over(server, nowMs);
    const [processId, ...all] = probe!.shown;
    const channels = all.filter((channel) => channel !== cutChannel);
    this.applyUnlistening(server, new Set(channels), nowMs);
    if (channels.length === 0) return this.over(server, nowMs);
    const { listening } = client;
    // One of before its upstream moved hears what nobody else does.
    if (listening?.lost || server.generation < server.pool.movedGeneration) {
      this.dispatcher.close(server, 'pinned-state', nowMs);
      return this.dispatcher.refuse(client, { kind: 'listener-lost' }, nowMs);
    }
    const added = channels.filter((channel) => !hearsElsewhere(client, channel));
    if (added.length === 0) {
      handover.step = 'stop';
      return this.send(server, unlistenAllFrame);
    }
    const listener = listenerOf(server);
    if (listener === undefined) return this.adopt(server, client, channels, nowMs);
    handover.step = 'wait';
    handover.added = new Set(added);
    server.replaying = true;
    listener.listenTo(client, added, nowMs, (now) => this.cut(server, client, listener, processId!, now));
  }

  private over(server: ServerSession, nowMs: number): void {
    server.handover = null;
    server.listens = false;
    this.dispatcher.release(server, nowMs);
  }

  /** The first that listens gives its server up to be the listener: nothing can be missed between the two. */
  private adopt(
    server: ServerSession,
    client: ClientSession,
    channels: readonly string[],
    nowMs: number,
  ): void {
    const { pool } = server;
    server.handover = null;
    server.listens = false;
    // Its client may yet ask for a value that only this session knows.
    const { mayHold, budget } = pool.upstream;
    const keeps = server.guardsSequences(nowMs) || server.cancelsInFlight > 0 || !mayHold || budget < 2;
    if (keeps) return this.dispatcher.settings.pinUnforeseen(server, 'listen', nowMs);
    this.dispatcher.detach(server, client, nowMs);
    server.sequenceOwner = null;
    const listener = new Listener(server, client, channels);
    this.dispatcher.holdListener(server, listener, nowMs);
    pool.upstream.listeners.set(pool.database, listener);
    // Who waited for just this one gets another.
    this.dispatcher.dedicated.cameBack(server, nowMs);
    this.dispatcher.growth.grow(pool, nowMs);
    if (client.heldLength > 0) this.dispatcher.onReady(client, nowMs);
  }

  /** The listener listens to all that `server` does: now both hear where it takes over. */
  private cut(
    server: ServerSession,
    client: ClientSession,
    listener: Listener,
    processId: string,
    nowMs: number,
  ): void {
    const { handover } = server;
    if (handover === null || server.state === 'closing' || server.state === 'gone') return;
    server.replaying = false;
    if (server.client !== client) return this.dispatcher.close(server, 'client-gone', nowMs);
    const mark = String(++this.marks);
    handover.step = 'cut';
    handover.cut = cutName(Number(processId), mark);
    listener.expectCut(client, [...handover.added], handover.cut);
    this.send(server, queryFrame(`${withoutLimits};LISTEN ${cutChannel};NOTIFY ${cutChannel}, '${mark}'`));
  }

  /** The handover has failed: the server stays with its client, unless the listener has taken over all the same. */
  private keep(server: ServerSession, client: ClientSession, handover: Handover, nowMs: number): void {
    server.replayError = null;
    server.handover = null;
    server.listens = false;
    if (handover.step === 'cut' && !handover.passed && client.listening !== null) {
      const { listening } = client;
      listening.listener.abandon(client);
      listening.listener.leave(client, handover.added, nowMs);
      if (listening.channels.size === 0) client.listening = null;
    }
    this.dispatcher.settings.pinUnforeseen(server, 'listen', nowMs);
  }

  /** A server that is to show its client, which asks for it, which channels it listens to is made to listen to them; true: it is on its way. */
  load(client: ClientSession, server: ServerSession): boolean {
    if (client.listening === null || !mayFollow(client)) return false;
    server.listens = true;
    this.send(server, queryFrame(listenTo(client.listening.all())));
    return true;
  }

  /** A NotificationResponse in `bytes[at..end)`, which came from `server`. True: it is for the client that has it. */
  hears(server: ServerSession, bytes: Uint8Array, at: number, end: number, nowMs: number): boolean {
    const { client, listener, handover } = server;
    const unheard = client === null || (server.pin === null && !server.listens);
    if (listener === null && unheard) return false;
    const notification = decodeNotification(bytes.subarray(at + 5, end));
    if (listener !== null) {
      const frame = copyOf(bytes, at, end);
      listener.heard(notification, (member) => this.tellLater(member, frame, nowMs));
      return false;
    }
    const { processId, channel, payload } = notification;
    // It is about to be told that it has missed something: nothing is to seem complete before.
    if (client!.listening?.lost) return false;
    if (channel === cutChannel) {
      if (handover?.cut === cutName(processId, payload)) handover.passed = true;
      return false;
    }
    if (handover?.added.has(channel)) return !handover.passed;
    return !hearsElsewhere(client!, channel);
  }

  private tellLater(client: ClientSession, frame: Uint8Array, nowMs: number): void {
    const listening = client.listening!;
    listening.untold.push(frame);
    listening.untoldBytes += frame.length + entryBytes;
    this.tell(client, nowMs);
    const { untoldBytes } = listening;
    if (untoldBytes > untoldBytesMax)
      this.dispatcher.expel(client, { kind: 'notifications-untold', bytes: untoldBytes }, nowMs);
  }

  /** Tells a client what has been heard for it, if it is at rest. */
  tell(client: ClientSession, nowMs: number): void {
    const { listening, peer } = client;
    if (listening === null || !client.atRest || client.outputBlocked) return;
    if (listening.lost) return this.dispatcher.expel(client, { kind: 'listener-lost' }, nowMs);
    const { untold } = listening;
    let told = 0;
    while (told < untold.length && peer.unsentBytes <= unsentBytesMax) {
      const frame = untold[told++]!;
      listening.untoldBytes -= frame.length + entryBytes;
      peer.write(frame);
    }
    if (told > 0) listening.untold = untold.slice(told);
    if (peer.unsentBytes > unsentBytesMax) client.outputBlocked = true;
  }

  /** All is answered on a server that stays with its client. */
  pinnedAtRest(server: ServerSession, client: ClientSession, nowMs: number): void {
    this.applyUnlistening(server, none, nowMs);
    this.tell(client, nowMs);
    const { listening } = client;
    if (listening === null || listening.lost || server.listensForShow || server.state !== 'active') return;
    // Half a message is under way, or the question would end the unnamed statement: another time.
    if (client.passRemaining > 0 || (server.dedicatedTo !== null && client.unnamed !== null)) return;
    if (server.keepsUnnamed || !mayFollow(client)) return;
    server.listensForShow = true;
    server.handover = { step: 'show', added: none, cut: null, passed: false };
    this.send(server, queryFrame(listenTo(listening.all())));
  }

  /** A listener has answered what was asked of it. */
  listenerAnswered(listener: Listener, nowMs: number): void {
    const { server } = listener;
    // It has only ever been asked to listen: what went wrong is the session's own.
    if (server.replayError !== null) return this.dispatcher.close(server, 'pinned-state', nowMs);
    listener.answered(nowMs);
  }

  /** A listener's server connection is over: whoever heard by it may have missed something, and is told so. */
  lost(listener: Listener, nowMs: number): void {
    const { pool } = listener.server;
    if (pool.upstream.listeners.get(pool.database) !== listener) return;
    pool.upstream.listeners.delete(pool.database);
    const handing: ServerSession[] = [];
    for (const client of listener.clients()) {
      const { listening, server } = client;
      if (listening === null) continue;
      // Its own server still listens to what the listener was about to.
      const missed = listening.channels.size > 0 || server?.handover?.step !== 'wait';
      if (server?.handover?.step === 'wait') handing.push(server);
      if (!missed) client.listening = null;
      else listening.lost = true;
    }
    for (const client of listener.clients()) {
      // Whoever waits has not begun anything yet.
      if (client.listening === null || client.state === 'ended') continue;
      if (client.state === 'waiting') this.dispatcher.expel(client, { kind: 'listener-lost' }, nowMs);
      else this.tell(client, nowMs);
    }
    for (const other of pool.upstream.pools) {
      for (const server of [...other.servers]) {
        const left = server.client === null && server.handover?.step === 'wait';
        if (left && other.database === pool.database) this.dispatcher.close(server, 'client-gone', nowMs);
      }
    }
    for (const server of handing) {
      server.replaying = false;
      server.handover = null;
      this.settled(server, nowMs);
    }
  }

  /** The upstream is another from now on: its listeners hear of nothing any more. */
  replaced(upstream: Upstream, nowMs: number): void {
    for (const { server } of [...upstream.listeners.values()])
      this.dispatcher.close(server, 'replaced', nowMs);
  }

  /** Ends listeners that nobody needs, that do not answer, or that hear of nothing any more; called a few times a second. */
  sweep(server: ServerSession, nowMs: number): void {
    const { listener, pool } = server;
    if (listener === null || server.state !== 'active') return;
    if (listener.owesForMs(nowMs) >= answerMs) return this.dispatcher.close(server, 'unanswered', nowMs);
    const { used, budget, mayHold } = pool.upstream;
    const { emptySinceMs } = listener;
    const wanted = used >= budget || !mayHold;
    const idle = emptySinceMs > 0 && (wanted || nowMs - emptySinceMs >= emptyMs);
    if (idle || budget < 2 || pool.closed !== null) this.dispatcher.close(server, 'unpinned', nowMs);
  }
}

/** Whether a listener can hear for a client: in the same encoding, and beside another server for what the client says. */
export function mayFollow(client: ClientSession): boolean {
  const { pool, told } = client;
  const { mode, stateTracking } = pool.settings;
  const utf8 =
    told.values.get('client_encoding') === 'UTF8' &&
    pool.parameters?.values.get('client_encoding') === 'UTF8';
  return mode !== 'session' && stateTracking !== 'off' && pool.upstream.budget > 1 && utf8;
}

/** By the listener, now or after the cut. */
export function hearsElsewhere({ listening }: ClientSession, channel: string): boolean {
  return listening !== null && (listening.channels.has(channel) || listening.joining.has(channel));
}

function listenerOf(server: ServerSession): Listener | undefined {
  return server.pool.upstream.listeners.get(server.pool.database);
}
