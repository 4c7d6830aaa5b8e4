// What is notified in the simulated database: in the order of its commits, to every session that listens by then.
import { notificationResponse } from '@weir/protocol';

/** A session as the database sees it. */
export interface ListeningSession {
  readonly processId: number;
  readonly channels: ReadonlySet<string>;
  /** A whole NotificationResponse, to be sent when it is idle if it listens to the channel then. */
  notified(channel: string, frame: Uint8Array, own: boolean): void;
}

export interface Committed {
  readonly channel: string;
  readonly payload: string;
  readonly atMs: number;
}

/** All sessions of one database, and what has been notified there. */
export class Notifications {
  /** In the order of commits. */
  readonly log: Committed[] = [];
  private readonly sessions = new Set<ListeningSession>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  join(session: ListeningSession): void {
    this.sessions.add(session);
  }

  leave(session: ListeningSession): void {
    this.sessions.delete(session);
  }

  commit(from: ListeningSession, notes: readonly { channel: string; payload: string }[]): void {
    for (const { channel, ...note } of notes) {
      // What clients notify is numbered, so that each can be told from every other.
      const own = channel.startsWith('weir_');
      const payload = own ? note.payload : String(this.log.length);
      if (!own) this.log.push({ channel, payload, atMs: this.now() });
      for (const session of this.sessions) {
        if (session.channels.size === 0) continue;
        session.notified(channel, notificationResponse(from.processId, channel, payload), session === from);
      }
    }
  }
}
