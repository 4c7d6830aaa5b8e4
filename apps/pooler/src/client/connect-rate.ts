// How many connects of an endpoint begin in a second, over the fleet: who comes too fast waits for a turn, and is refused if that takes too long.
import { type Bucket, type BucketRule, bucketOf, type ConnectStore, RecentMap, takeToken } from '@weir/fleet';
import { PoolerError } from '../errors.ts';

export interface ConnectRateOptions {
  readonly store: ConnectStore;
  /** Of each endpoint; `perSecond` 0: there is no limit. */
  readonly rule: BucketRule;
  /** For how long a connect waits for its turn at most; clients give up by themselves after not much more. */
  readonly waitMsMax: number;
  readonly now: () => number;
  /** Told of each connect that has to wait. */
  readonly delayed: (endpointId: string) => void;
}

// Strangers can name any number of endpoints.
const endpointsMax = 10_000;
/** That wait, of all endpoints: each keeps a socket open, and those beyond are refused at once. */
const waitingMax = 20_000;
const spendEachMs = 250;

/**
 * The buckets as this process knows them: no login waits for shared state, and without it each process gives out a
 * bucket of its own. Between two looks a fleet may let in what each process believed to be left.
 */
export class ConnectRate {
  readonly #options: ConnectRateOptions;
  readonly #buckets = new RecentMap<string, Bucket>(endpointsMax);
  /** By endpoint, or endpoint and `banned`, as the buckets: let in and not yet told. */
  #taken = new Map<string, number>();
  #waiting = 0;
  #spending = false;
  readonly #timer: NodeJS.Timeout;

  constructor(options: ConnectRateOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#spend(), spendEachMs);
    this.#timer.unref();
  }

  /**
   * Resolves when it is the connect's turn; null: it is at once. Rejects with PoolerError CONNECT_RATE where that would take longer than the
   * limit, and only after it: who is refused and comes back at once would otherwise cost more than who is let in.
   */
  enter(endpointId: string, isBanned: boolean): Promise<void> | null {
    const { rule, waitMsMax, now, delayed } = this.#options;
    if (rule.perSecond === 0) return null;
    // Who guesses passwords must not use up the turns of those who know one.
    const name = isBanned ? `${endpointId} banned` : endpointId;
    const nowMs = now();
    const waitMs = takeToken(bucketOf(this.#buckets, name, rule, nowMs), rule, nowMs, waitMsMax);
    if (waitMs !== null) this.#taken.set(name, (this.#taken.get(name) ?? 0) + 1);
    if (waitMs === 0) return null;
    delayed(endpointId);
    return this.#delay(endpointId, waitMs);
  }

  async #delay(endpointId: string, waitMs: number | null): Promise<void> {
    const { rule, waitMsMax } = this.#options;
    const seconds = this.#waiting < waitingMax ? waitMsMax / 1000 : 0;
    if (seconds > 0) await this.#wait(waitMs ?? waitMsMax);
    if (waitMs !== null && seconds > 0) return;
    throw new PoolerError('CONNECT_RATE', { endpoint: endpointId, limit: rule.perSecond, seconds });
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #wait(ms: number): Promise<void> {
    this.#waiting++;
    return new Promise((done) => {
      setTimeout(() => {
        this.#waiting--;
        done();
      }, ms);
    });
  }

  async #spend(): Promise<void> {
    if (this.#spending || this.#taken.size === 0) return;
    this.#spending = true;
    const told = this.#taken;
    this.#taken = new Map();
    const { store, rule, now } = this.#options;
    try {
      for (const [name, level] of await store.spend(told, rule)) {
        // What was let in meanwhile is not in the answer yet.
        const since = this.#taken.get(name) ?? 0;
        this.#buckets.set(name, { level: level - since, atMs: now() });
      }
    } catch {
      // Shared state is away, which others log; what this process has counted itself is in force.
    } finally {
      this.#spending = false;
    }
  }
}
