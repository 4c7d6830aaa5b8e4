// What endpoints have left of their connects in a fleet of one process, which for another process would be the whole fleet's.
import type { ConnectStore } from './contract.ts';
import { RecentMap } from './recent-map.ts';
import { type Bucket, type BucketRule, bucketOf, fill } from './token-bucket.ts';

const endpointsMax = 10_000;

export class MemoryConnects implements ConnectStore {
  readonly #buckets = new RecentMap<string, Bucket>(endpointsMax);
  readonly #insistOpen: () => void;

  constructor(insistOpen: () => void) {
    this.#insistOpen = insistOpen;
  }

  async spend(taken: ReadonlyMap<string, number>, rule: BucketRule): Promise<ReadonlyMap<string, number>> {
    this.#insistOpen();
    const nowMs = performance.now();
    const left = new Map<string, number>();
    for (const [endpointId, tokens] of taken) {
      const bucket = bucketOf(this.#buckets, endpointId, rule, nowMs);
      fill(bucket, rule, nowMs);
      bucket.level -= tokens;
      left.set(endpointId, bucket.level);
    }
    return left;
  }
}
