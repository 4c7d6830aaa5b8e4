// The poolers' half over Redis: look up a sealed record, open it, and hear of changes. Keeps no record itself.
import type { EndpointDirectory, EndpointLookUp } from './contract.ts';
import { Listeners } from './listeners.ts';
import { isLeftOver, isNewer, type RecordOrder } from './record-order.ts';
import { allChanged, type RedisKeys } from './redis-keys.ts';
import type { RedisLink, RedisLinkOptions } from './redis-link.ts';
import { RedisSubscription } from './redis-subscription.ts';
import type { SealKeySource } from './seal-key-ring.ts';
import { openEndpoint } from './sealed-endpoint.ts';
import { withKeysOf } from './sealing.ts';
import { UnreadableRecordError } from './unreadable-record.ts';

export interface RedisDirectoryOptions {
  readonly link: RedisLink;
  readonly keys: RedisKeys;
  readonly sealKeys: SealKeySource;
  /** How to connect a second time, for the subscription. */
  readonly subscriber: RedisLinkOptions;
}

export class RedisDirectory implements EndpointDirectory {
  readonly #options: RedisDirectoryOptions;
  readonly #listeners = new Listeners<string | null>();
  /** The newest opened of each endpoint: a valid record from yesterday must not bring back yesterday's password. */
  readonly #newest = new Map<string, RecordOrder>();
  #subscriber: RedisSubscription | null = null;
  #closed = false;

  constructor(options: RedisDirectoryOptions) {
    this.#options = options;
  }

  async lookUp(endpointId: string): Promise<EndpointLookUp> {
    const { link, keys } = this.#options;
    // The marker is read before the record: the other way round, a record published in between would be «absent».
    const [complete, fields] = (await link.sequence([
      ['get', keys.complete],
      ['hmget', keys.endpoint(endpointId), 'epoch', 'generation', 'state', 'keyId', 'box'],
    ])) as [string | null, (string | null)[]];
    const completeEpoch = complete === null ? null : Number(complete);
    const [epoch, generation, state, keyId, box] = fields;
    if (epoch == null) return { kind: completeEpoch === null ? 'not-known-yet' : 'absent' };
    const order = { epoch: Number(epoch), generation: Number(generation) };
    if (isLeftOver(order, completeEpoch)) return { kind: 'absent' };
    if (state === 'deleted') return { kind: 'deleted' };
    return { kind: 'found', endpoint: this.#open(endpointId, order, { keyId: keyId ?? '', box: box ?? '' }) };
  }

  onChange(listener: (endpointId: string | null) => void): () => void {
    // Connected only when somebody listens: the control plane has no use for a second connection.
    if (this.#subscriber === null && !this.#closed) this.#subscriber = this.#subscribe();
    return this.#listeners.add(listener);
  }

  /** True also if nobody listens. */
  healthy(): boolean {
    return this.#subscriber === null || this.#subscriber.healthy();
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#subscriber?.close();
  }

  #open(endpointId: string, order: RecordOrder, sealed: { keyId: string; box: string }) {
    const newest = this.#newest.get(endpointId);
    if (newest !== undefined && isNewer(newest, order)) {
      throw new UnreadableRecordError(`the published record of ${endpointId} is older than one seen before`);
    }
    try {
      const endpoint = withKeysOf(this.#options.sealKeys, (keys) =>
        openEndpoint(keys, { place: 'published', endpointId, ...order }, sealed),
      );
      this.#newest.set(endpointId, order);
      return endpoint;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unknown';
      throw new UnreadableRecordError(`the published record of ${endpointId} cannot be opened: ${reason}`, {
        cause,
      });
    }
  }

  #subscribe(): RedisSubscription {
    const { keys, subscriber } = this.#options;
    return new RedisSubscription({
      link: subscriber,
      channels: () => [keys.changes],
      // Whatever changed while nobody listened was not heard, so everything is looked at again.
      heard: () => this.#listeners.tell(null),
      message: (_channel, endpointId) => this.#listeners.tell(endpointId === allChanged ? null : endpointId),
    });
  }
}
