// A second connection to Redis, which only hears: its channels are subscribed anew each time it comes back.
import { RedisLink, type RedisLinkOptions } from './redis-link.ts';

export interface RedisSubscriptionOptions {
  readonly link: RedisLinkOptions;
  /** Asked each time; at least one. */
  channels(): readonly string[];
  /** Everything said from now on is heard. What was said before may not have been. */
  heard?(): void;
  message(channel: string, text: string): void;
}

export class RedisSubscription {
  readonly #options: RedisSubscriptionOptions;
  readonly #link: RedisLink;
  #hears = false;
  #closed = false;

  /** Connects in the background. */
  constructor(options: RedisSubscriptionOptions) {
    this.#options = options;
    this.#link = new RedisLink({ ...options.link, hears: true, onReady: () => this.#subscribe() });
    this.#link.client.on('close', () => {
      this.#hears = false;
    });
    this.#link.client.on('message', (channel: string, text: string) => options.message(channel, text));
  }

  /** True while what is said on its channels reaches this process. */
  get hears(): boolean {
    return this.#hears;
  }

  healthy(): boolean {
    return this.#link.healthy();
  }

  /** To be called when there are more channels than before. */
  channelsAdded(): void {
    if (this.#hears) this.#subscribe();
  }

  close(): void {
    this.#closed = true;
    this.#hears = false;
    this.#link.close();
  }

  #subscribe(): void {
    this.#link
      .run((client) => client.subscribe(...this.#options.channels()))
      .then(() => {
        if (this.#closed) return;
        this.#hears = true;
        this.#options.heard?.();
      })
      // Ready but deaf is worse than away: a new connection tries again.
      .catch(() => this.#link.client.disconnect(true));
  }
}
