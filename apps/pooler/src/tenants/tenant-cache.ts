// Published endpoints by id, kept fresh by the fleet's directory; what a pooler knows without asking anybody.
import type { EndpointDirectory, EndpointLookUp } from '@weir/fleet';
import type { PublishedEndpoint } from '@weir/tenancy';
import { PoolerError } from '../errors.ts';

/** What became of an endpoint that was in use here. */
export type EndpointChange =
  | { readonly kind: 'changed'; readonly endpoint: PublishedEndpoint; readonly previous: PublishedEndpoint }
  | { readonly kind: 'deleted'; readonly endpointId: string };

export interface TenantCacheOptions {
  /** With the fleet's snapshot around it (`withSnapshot`), if there is one. */
  readonly directory: EndpointDirectory;
  /** Monotonic clock in ms. */
  readonly now: () => number;
}

interface Known {
  readonly endpoint: PublishedEndpoint;
  /** False: something may have changed since; used only if nobody can be asked. */
  fresh: boolean;
  /** Nobody could be asked the last time: served as it is, and asked about in the background. */
  unanswered: boolean;
}

const missForMs = 1_000;
// Strangers can name any number of endpoints.
const missesMax = 10_000;
const refreshesAtOnce = 16;
const askAgainAfterMs = 500;
// What is in use is read again now and then: a change whose news was lost heals by itself within seconds.
const rereadEachMs = 2_000;
const rereadAtOnceMax = 64;

/** Endpoints that were found stay: pools and clients of them want to hear of every change. */
export class TenantCache {
  readonly #options: TenantCacheOptions;
  readonly #known = new Map<string, Known>();
  readonly #misses = new Map<string, { readonly kind: 'absent' | 'deleted'; readonly until: number }>();
  readonly #lookUps = new Map<string, Promise<EndpointLookUp>>();
  readonly #listeners = new Set<(change: EndpointChange) => void>();
  readonly #unsubscribe: () => void;
  #closed = false;
  #askAgain: NodeJS.Timeout | null = null;
  readonly #reread: NodeJS.Timeout;
  #rereadNext: string[] = [];

  constructor(options: TenantCacheOptions) {
    this.#options = options;
    this.#unsubscribe = options.directory.onChange((endpointId) => this.#changed(endpointId));
    this.#reread = setInterval(() => this.#rereadSome(), rereadEachMs);
    this.#reread.unref();
  }

  /** What `find` answers without asking anybody; null: somebody must be asked. */
  known(endpointId: string): PublishedEndpoint | null {
    const known = this.#known.get(endpointId);
    return known !== undefined && (known.fresh || known.unanswered) ? known.endpoint : null;
  }

  /** Rejects with PoolerError ENDPOINT_UNKNOWN, TENANT_DELETED, ENDPOINT_NOT_KNOWN_YET or SHARED_STATE_AWAY. */
  async find(endpointId: string): Promise<PublishedEndpoint> {
    const known = this.known(endpointId);
    if (known !== null) return known;
    const miss = this.#misses.get(endpointId);
    if (miss && miss.until > this.#options.now()) throw missing(endpointId, miss.kind);
    let answer: EndpointLookUp;
    try {
      answer = await this.#lookUp(endpointId);
    } catch (cause) {
      const stale = this.#known.get(endpointId);
      if (stale) return stale.endpoint;
      throw new PoolerError('SHARED_STATE_AWAY', { endpoint: endpointId }, { cause });
    }
    if (answer.kind === 'found') return answer.endpoint;
    if (answer.kind !== 'not-known-yet') throw missing(endpointId, answer.kind);
    const stale = this.#known.get(endpointId);
    if (stale) return stale.endpoint;
    throw new PoolerError('ENDPOINT_NOT_KNOWN_YET', { endpoint: endpointId });
  }

  /** How many endpoints are known. */
  get size(): number {
    return this.#known.size;
  }

  /** What is known without asking, or null. */
  peek(endpointId: string): PublishedEndpoint | null {
    return this.#known.get(endpointId)?.endpoint ?? null;
  }

  /** Asks about an endpoint although nothing says that it has changed; who listens hears of it if it has. Never rejects. */
  async readAgain(endpointId: string): Promise<void> {
    // One that is under way may be from before what the caller has seen.
    this.#lookUps.delete(endpointId);
    await this.#lookUp(endpointId).catch(() => {});
  }

  /** Called for endpoints that have been found here before. Returns the unsubscribe. */
  onChange(listener: (change: EndpointChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#reread);
    if (this.#askAgain !== null) clearTimeout(this.#askAgain);
    this.#unsubscribe();
    this.#listeners.clear();
  }

  #changed(endpointId: string | null): void {
    if (this.#closed) return;
    const ids = endpointId === null ? [...this.#known.keys()] : [endpointId];
    if (endpointId === null) {
      this.#misses.clear();
      this.#lookUps.clear();
    }
    const stale: string[] = [];
    for (const id of ids) {
      this.#misses.delete(id);
      // An answer under way may be from before the change; whoever asks now asks anew.
      this.#lookUps.delete(id);
      const known = this.#known.get(id);
      if (!known) continue;
      known.fresh = false;
      known.unanswered = false;
      stale.push(id);
    }
    // Read at once and not at the next login: clients that are connected have to hear of it too.
    this.#refreshAll(stale);
  }

  #refreshAll(ids: string[]): void {
    for (let i = Math.min(refreshesAtOnce, ids.length); i > 0; i--) void this.#refresh(ids);
  }

  async #refresh(ids: string[]): Promise<void> {
    for (let id = ids.pop(); id !== undefined && !this.#closed; id = ids.pop()) {
      // Shared state may be away again; then the endpoint stays stale, and is asked about until an answer comes.
      if (this.#known.get(id)?.fresh === false) await this.#lookUp(id).catch(() => {});
    }
  }

  /** One question at a time per endpoint; only the newest question's answer is kept. */
  #lookUp(endpointId: string): Promise<EndpointLookUp> {
    const running = this.#lookUps.get(endpointId);
    if (running) return running;
    const lookUp: Promise<EndpointLookUp> = this.#options.directory
      .lookUp(endpointId)
      .then((answer) => {
        if (this.#lookUps.get(endpointId) === lookUp) this.#keep(endpointId, answer);
        return answer;
      })
      .catch((error: unknown) => {
        const known = this.#known.get(endpointId);
        if (known !== undefined && this.#lookUps.get(endpointId) === lookUp) this.#unanswered(known);
        throw error;
      })
      .finally(() => {
        if (this.#lookUps.get(endpointId) === lookUp) this.#lookUps.delete(endpointId);
      });
    this.#lookUps.set(endpointId, lookUp);
    return lookUp;
  }

  #keep(endpointId: string, answer: EndpointLookUp): void {
    if (answer.kind === 'not-known-yet' || this.#closed) return;
    const previous = this.#known.get(endpointId);
    if (answer.kind === 'found') {
      const { endpoint } = answer;
      const known: Known = { endpoint, fresh: answer.remembered !== true, unanswered: false };
      this.#known.set(endpointId, known);
      if (!known.fresh) this.#unanswered(known);
      if (previous && !same(previous.endpoint, endpoint)) {
        this.#tell({ kind: 'changed', endpoint, previous: previous.endpoint });
      }
      return;
    }
    this.#known.delete(endpointId);
    if (this.#misses.size >= missesMax) this.#misses.clear();
    this.#misses.set(endpointId, { kind: answer.kind, until: this.#options.now() + missForMs });
    if (previous) this.#tell({ kind: 'deleted', endpointId });
  }

  #rereadSome(): void {
    if (this.#rereadNext.length === 0) this.#rereadNext = [...this.#known.keys()];
    for (const id of this.#rereadNext.splice(0, rereadAtOnceMax)) {
      if (this.#known.has(id)) this.#lookUp(id).catch(() => {});
    }
  }

  /** No change is missed for long because one question went unanswered. */
  #unanswered(known: Known): void {
    known.unanswered = true;
    if (this.#askAgain !== null || this.#closed) return;
    this.#askAgain = setTimeout(() => {
      this.#askAgain = null;
      this.#refreshAll([...this.#known].filter(([, { fresh }]) => !fresh).map(([id]) => id));
    }, askAgainAfterMs);
    this.#askAgain.unref();
  }

  #tell(change: EndpointChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

// A restored catalog may publish other content under a generation that was seen before.
function same(a: PublishedEndpoint, b: PublishedEndpoint): boolean {
  return a.generation === b.generation && JSON.stringify(a) === JSON.stringify(b);
}

function missing(endpointId: string, kind: 'absent' | 'deleted'): PoolerError {
  return new PoolerError(kind === 'deleted' ? 'TENANT_DELETED' : 'ENDPOINT_UNKNOWN', {
    endpoint: endpointId,
  });
}
