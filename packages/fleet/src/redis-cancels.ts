// Cancel requests over Redis: the request lies sealed under a key that expires soon, channels tell that it is there and that it is done.
import { randomBytes } from 'node:crypto';
import { CancelReceivers } from './cancel-receivers.ts';
import {
  type CancelForwarding,
  type CancelRequest,
  FleetUnavailableError,
  type PerformCancel,
} from './contract.ts';
import type { RedisKeys } from './redis-keys.ts';
import type { RedisLink, RedisLinkOptions } from './redis-link.ts';
import { RedisSubscription } from './redis-subscription.ts';
import type { SealKeySource } from './seal-key-ring.ts';
import { open, type SealContext, seal, withKeysOf } from './sealing.ts';

export interface RedisCancelsOptions {
  readonly link: RedisLink;
  readonly keys: RedisKeys;
  readonly sealKeys: SealKeySource;
  /** How to connect a second time, for the subscription. */
  readonly subscriber: RedisLinkOptions;
}

// By Redis's clock alone, so that neither clocks that differ nor a process that stood still make a late request fresh.
const requestTtlMs = 2_000;
// A second more than a pooler waits for the database to take a cancel request.
const doneTimeoutMs = 6_000;
const forwardedAtOnceMax = 1_000;
const idBytes = 16;
const notice = /^([0-9a-f]{32}) ([0-9a-f]{32})$/;
const doneNotice = /^([0-9a-f]{32}) (\d{1,4})$/;

/** A request that was forwarded: who is still expected to answer, unknown until Redis has said how many heard it. */
interface Forwarded {
  heardBy: number | null;
  answers: number;
  known: number;
  readonly settle: () => void;
}

export class RedisCancels implements CancelForwarding {
  readonly #options: RedisCancelsOptions;
  readonly #receivers = new CancelReceivers();
  readonly #sender = randomBytes(idBytes).toString('hex');
  readonly #forwarded = new Map<string, Forwarded>();
  #subscriber: RedisSubscription | null = null;
  #closed = false;

  constructor(options: RedisCancelsOptions) {
    this.#options = options;
  }

  receive(giver: number, perform: PerformCancel): () => void {
    const remove = this.#receivers.add(giver, perform);
    this.#subscribe()?.channelsAdded();
    // The channel stays subscribed: a giver's number lives as long as its process.
    return remove;
  }

  async forward(giver: number, request: CancelRequest): Promise<number> {
    if (!this.#subscribe()?.hears)
      throw new FleetUnavailableError('answers to cancel requests cannot be heard now');
    if (this.#forwarded.size >= forwardedAtOnceMax) return 0;
    const { link, keys, sealKeys } = this.#options;
    const id = randomBytes(idBytes).toString('hex');
    const { keyId, box } = seal(sealKeys.keys, contextOf(id), textOf(request));
    let settle = (): void => {};
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const forwarded: Forwarded = { heardBy: null, answers: 0, known: 0, settle };
    this.#forwarded.set(id, forwarded);
    const timer = setTimeout(settle, doneTimeoutMs);
    try {
      const [, heardBy] = await link.sequence([
        ['set', keys.cancelRequest(id), `${keyId} ${box}`, 'PX', requestTtlMs],
        ['publish', keys.cancels(giver), `${id} ${this.#sender}`],
      ]);
      // A node of a cluster counts its own listeners only.
      forwarded.heardBy = link.isCluster ? await link.listeners(keys.cancels(giver)) : (heardBy as number);
      if (forwarded.answers < forwarded.heardBy) await done;
      return forwarded.known;
    } finally {
      clearTimeout(timer);
      this.#forwarded.delete(id);
    }
  }

  close(): void {
    this.#closed = true;
    this.#subscriber?.close();
    for (const { settle } of this.#forwarded.values()) settle();
  }

  // Connected only when there is something to hear: the control plane neither gives keys nor takes requests.
  #subscribe(): RedisSubscription | null {
    if (this.#subscriber !== null || this.#closed) return this.#subscriber;
    const { keys, subscriber } = this.#options;
    const done = keys.cancelsDone(this.#sender);
    this.#subscriber = new RedisSubscription({
      link: subscriber,
      channels: () => [done, ...[...this.#receivers.givers()].map((giver) => keys.cancels(giver))],
      message: (channel, message) => {
        if (channel === done) this.#answered(message);
        else this.#requested(channel, message).catch(() => {});
      },
    });
    return this.#subscriber;
  }

  #answered(message: string): void {
    const [, id, known] = doneNotice.exec(message) ?? [];
    const forwarded = this.#forwarded.get(id ?? '');
    if (forwarded === undefined) return;
    forwarded.answers++;
    forwarded.known += Number(known);
    if (forwarded.heardBy !== null && forwarded.answers >= forwarded.heardBy) forwarded.settle();
  }

  /** What cannot be read is answered like a key that nobody knows. */
  async #requested(channel: string, message: string): Promise<void> {
    const [, id, sender] = notice.exec(message) ?? [];
    if (id === undefined || sender === undefined) return;
    const { link, keys } = this.#options;
    const giver = Number(channel.slice(channel.lastIndexOf(':') + 1));
    const box = await link.run((client) => client.get(keys.cancelRequest(id)));
    const request = box === null ? null : this.#open(id, box);
    const known = request === null ? 0 : await this.#receivers.perform(giver, request);
    await link.run((client) => client.publish(keys.cancelsDone(sender), `${id} ${known}`));
  }

  #open(id: string, sealed: string): CancelRequest | null {
    const [keyId = '', box = ''] = sealed.split(' ');
    try {
      const text = withKeysOf(this.#options.sealKeys, (keys) => open(keys, contextOf(id), { keyId, box }));
      return requestOf(text);
    } catch {
      return null;
    }
  }
}

function contextOf(id: string): SealContext {
  return ['weir cancel 1', id];
}

function textOf({ processId, secretKey }: CancelRequest): string {
  return JSON.stringify([processId, Buffer.from(secretKey).toString('base64')]);
}

function requestOf(text: string): CancelRequest {
  const [processId, secretKey] = JSON.parse(text) as [number, string];
  return { processId, secretKey: Buffer.from(secretKey, 'base64') };
}
