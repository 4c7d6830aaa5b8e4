// One server connection that listens to channels for all clients of its database. Who hears what; it does nothing else.
import type { decodeNotification } from '@weir/protocol';
import type { ClientSession } from './client-session.ts';
import { queryFrame } from './messages.ts';
import type { ServerSession } from './server-session.ts';

/** A notification here shows two server connections where one's notifications for a client end and the other's begin. */
export const cutChannel = 'weir_cut';

/** What tells a cut from every other in its database: whose notification it is, and which. */
export function cutName(processId: number, payload: string): string {
  return `${processId} ${payload}`;
}

/** How one shows itself among the sessions of its database. */
const listenerName = 'weir listener';

/** What a NotificationResponse says. */
export type Notification = ReturnType<typeof decodeNotification>;

/** What one client hears by way of a listener. */
export class Listening {
  readonly listener: Listener;
  /** Channels of which the listener tells it. */
  readonly channels = new Set<string>();
  /** Of these its own server tells it until a cut has come by: each with the mark of its cut, '' before there is one. */
  readonly joining = new Map<string, string>();
  /** Notifications that came while it was busy; each a whole message. */
  untold: Uint8Array[] = [];
  untoldBytes = 0;
  /** The listener's server connection is gone: the client is to hear that it may have missed something. */
  lost = false;

  constructor(listener: Listener) {
    this.listener = listener;
  }

  /** Channels that it hears of, now or after the cut. */
  all(): string[] {
    return [...this.channels, ...this.joining.keys()];
  }
}

interface Ask {
  readonly sql: string;
  then(nowMs: number): void;
}

interface Cut {
  readonly client: ClientSession;
  readonly channels: readonly string[];
}

/** The clients of one such connection, by channel. */
export class Listener {
  readonly server: ServerSession;
  /** Since when nobody listens; 0: somebody does. */
  emptySinceMs = 0;
  /** When it was first found to owe an answer to what it was asked last; 0: it was not. */
  private owingSinceMs = 0;
  private readonly members = new Map<string, Set<ClientSession>>();
  private readonly cuts = new Map<string, Cut>();
  private waiting: Ask[] = [];
  private asked: Ask[] = [];

  /** `server` listens to `channels` already, which are `client`'s. */
  constructor(server: ServerSession, client: ClientSession, channels: readonly string[]) {
    this.server = server;
    const listening = new Listening(this);
    client.listening = listening;
    for (const channel of channels) {
      this.members.set(channel, new Set([client]));
      listening.channels.add(channel);
    }
    // What its first client has set, limits of time above all, is not to end it.
    this.ask(`RESET ALL;SET application_name = '${listenerName}'`);
    // Nor is what its role is given at the start.
    if (server.majorVersion >= 14) this.ask('SET idle_session_timeout = 0');
    this.ask(`LISTEN ${cutChannel}`);
  }

  /** Everybody who hears, or is about to hear, by way of it. */
  clients(): Set<ClientSession> {
    const all = new Set<ClientSession>();
    for (const clients of this.members.values()) for (const client of clients) all.add(client);
    return all;
  }

  /** Calls `then` as soon as `channels` are listened to, of which `client` hears after a cut. */
  listenTo(
    client: ClientSession,
    channels: readonly string[],
    nowMs: number,
    then: (nowMs: number) => void,
  ): void {
    this.emptySinceMs = 0;
    client.listening ??= new Listening(this);
    const missing: string[] = [];
    for (const channel of channels) {
      client.listening.joining.set(channel, '');
      const members = this.members.get(channel);
      if (members !== undefined) members.add(client);
      else {
        this.members.set(channel, new Set([client]));
        missing.push(channel);
      }
    }
    // What was asked before may be about them.
    if (missing.length === 0 && this.asked.length === 0) then(nowMs);
    else this.ask(listenTo(missing), then);
  }

  /** `client` hears of `channels` by the listener once the cut of this name has come by. */
  expectCut(client: ClientSession, channels: readonly string[], name: string): void {
    this.cuts.set(name, { client, channels });
    for (const channel of channels) client.listening?.joining.set(channel, name);
  }

  /** `client` hears no more of `channels`. */
  leave(client: ClientSession, channels: Iterable<string>, nowMs: number): void {
    const left: string[] = [];
    for (const channel of channels) {
      client.listening?.channels.delete(channel);
      client.listening?.joining.delete(channel);
      const members = this.members.get(channel);
      if (members === undefined || !members.delete(client) || members.size > 0) continue;
      this.members.delete(channel);
      left.push(`UNLISTEN ${quoted(channel)}`);
    }
    if (left.length > 0) this.ask(left.join(';'));
    if (this.members.size === 0) this.emptySinceMs = nowMs;
  }

  /** `client` hears no more of anything. */
  leaveAll(client: ClientSession, nowMs: number): void {
    const { listening } = client;
    if (listening === null) return;
    this.abandon(client);
    this.leave(client, listening.all(), nowMs);
  }

  /** No cut will come by for it. */
  abandon(client: ClientSession): void {
    for (const [key, cut] of this.cuts) if (cut.client === client) this.cuts.delete(key);
  }

  /** Tells whose a notification is: calls `tell` for each client that hears its channel. */
  heard({ processId, channel, payload }: Notification, tell: (client: ClientSession) => void): void {
    if (channel === cutChannel) {
      const name = cutName(processId, payload);
      const cut = this.cuts.get(name);
      this.cuts.delete(name);
      const listening = cut?.client.listening;
      if (listening == null) return;
      for (const joined of cut!.channels) {
        // It may have been given up since, and be about to join by a later cut.
        if (listening.joining.get(joined) !== name) continue;
        listening.joining.delete(joined);
        listening.channels.add(joined);
      }
      return;
    }
    for (const client of [...(this.members.get(channel) ?? [])])
      if (client.listening?.channels.has(channel)) tell(client);
  }

  // One batch at a time, so that each has an end of its own however many come meanwhile.
  private ask(sql: string, then: (nowMs: number) => void = () => {}): void {
    this.waiting.push({ sql, then });
    if (this.asked.length === 0) this.send();
  }

  private send(): void {
    const { server } = this;
    if (this.waiting.length === 0 || server.state === 'closing' || server.state === 'gone') return;
    this.asked = this.waiting;
    this.waiting = [];
    server.replaying = true;
    const commands = this.asked.map(({ sql }) => sql).filter((sql) => sql !== '');
    server.sendOwn(queryFrame(commands.join(';')));
  }

  /** How long it has owed an answer, as far as anybody has looked, ms. */
  owesForMs(nowMs: number): number {
    if (this.asked.length === 0) return 0;
    if (this.owingSinceMs === 0) this.owingSinceMs = nowMs;
    return nowMs - this.owingSinceMs;
  }

  /** What was asked last is answered. */
  answered(nowMs: number): void {
    const { asked } = this;
    this.asked = [];
    this.owingSinceMs = 0;
    for (const { then } of asked) then(nowMs);
    if (this.asked.length === 0) this.send();
  }
}

/** The commands that make a session listen to `channels`. */
export function listenTo(channels: Iterable<string>): string {
  return [...channels].map((channel) => `LISTEN ${quoted(channel)}`).join(';');
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
