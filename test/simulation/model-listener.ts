// What a simulated client must have heard: all that was notified while it surely listened, in order, and nothing twice.
import type { Notifications } from './notifications.ts';

/** Between a commit and the moment when a client at rest has surely heard of it, ms. */
const slackMs = 400;

/** Checks what one client hears against what its database was notified of. */
export class ModelListener {
  private readonly name: string;
  private readonly notifications: Notifications;
  /** From which place in the log on it surely listens to each channel. */
  private readonly since = new Map<string, number>();
  private readonly ever = new Set<string>();
  private readonly heardUpTo = new Map<string, number>();
  private heardAtMs = Number.NEGATIVE_INFINITY;

  constructor(name: string, notifications: Notifications) {
    this.name = name;
    this.notifications = notifications;
  }

  get hasListened(): boolean {
    return this.ever.size > 0;
  }

  /** A batch was sent after which it may listen to `channels`, and no more to others. */
  sent(channels: ReadonlySet<string>): void {
    for (const channel of [...this.since.keys()]) if (!channels.has(channel)) this.since.delete(channel);
    for (const channel of channels) this.ever.add(channel);
  }

  /** All that was sent is answered: it listens to `channels`. */
  answered(channels: ReadonlySet<string>): void {
    for (const channel of channels)
      if (!this.since.has(channel)) this.since.set(channel, this.notifications.log.length);
  }

  heard(channel: string, payload: string, nowMs: number): void {
    this.heardAtMs = nowMs;
    if (!this.ever.has(channel))
      throw new Error(`${this.name} hears of ${channel}, to which it never listened`);
    const at = Number(payload);
    const before = this.heardUpTo.get(channel) ?? -1;
    if (at <= before)
      throw new Error(`${this.name} hears of ${channel} ${payload} twice, or after what came later`);
    const since = this.since.get(channel);
    if (since !== undefined) this.missing(channel, Math.max(since, before + 1), at);
    this.heardUpTo.set(channel, at);
  }

  /** It was told of something just now: in a storm of notifications more may be on their way, for longer than any slack. */
  isBeingTold(nowMs: number): boolean {
    return nowMs - this.heardAtMs < slackMs;
  }

  /** It has been at rest for a while: nothing older than that is missing. */
  check(nowMs: number): void {
    const { log } = this.notifications;
    const end = log.findIndex(({ atMs }) => atMs > nowMs - slackMs);
    for (const [channel, since] of this.since) {
      const from = Math.max(since, (this.heardUpTo.get(channel) ?? -1) + 1);
      this.missing(channel, from, end < 0 ? log.length : end);
    }
  }

  private missing(channel: string, from: number, to: number): void {
    const missed = this.notifications.log.slice(from, to).find((one) => one.channel === channel);
    if (missed !== undefined)
      throw new Error(`${this.name} has not heard of number ${missed.payload} on ${channel}`);
  }
}

/** How long a client rests before it is checked, ms. */
export const restMs = 2 * slackMs;
