// The public keys of issuers, kept for a while and asked for again when a token names one that is not among them.
import type { JSONWebKeySet } from 'jose';

/** The keys of an issuer cannot be had; the text says why and names nothing but its own URLs. */
export class IssuerError extends Error {
  override name = 'IssuerError';
}

// A key that its issuer has withdrawn is believed no longer than this.
const freshMs = 600_000;
// While the issuer is away, those of an hour ago still do.
const usableMs = 3_600_000;
// Whatever tokens come: an issuer is asked at most so often.
const pauseMs = 10_000;
// Some kB each; the one asked for longest ago goes.
const issuersMax = 1_000;

interface Known {
  keys: { readonly set: JSONWebKeySet; readonly readAt: number } | null;
  failure: unknown;
  askedAt: number;
  asking: Promise<void> | null;
}

export class IssuerKeys {
  readonly #fetchKeys: (issuer: string) => Promise<JSONWebKeySet>;
  readonly #now: () => number;
  readonly #issuers = new Map<string, Known>();

  /** `now` is monotonic, in ms. */
  constructor(fetchKeys: (issuer: string) => Promise<JSONWebKeySet>, now: () => number) {
    this.#fetchKeys = fetchKeys;
    this.#now = now;
  }

  /** The keys for a token that names `keyId`, which need not be among them. Rejects with the failure to have any. */
  async of(issuer: string, keyId: string | undefined): Promise<JSONWebKeySet> {
    const known = this.#knownOf(issuer);
    const isEnough =
      this.#isYounger(known, freshMs) &&
      (keyId === undefined || known.keys!.set.keys.some(({ kid }) => kid === keyId));
    if (!isEnough) await this.#ask(issuer, known);
    if (this.#isYounger(known, usableMs)) return known.keys!.set;
    throw known.failure;
  }

  /** Once for all who want it at the same time. Never rejects. */
  #ask(issuer: string, known: Known): Promise<void> {
    if (known.asking !== null) return known.asking;
    if (this.#now() - known.askedAt < pauseMs) return Promise.resolve();
    known.askedAt = this.#now();
    known.asking = this.#fetchKeys(issuer)
      .then(
        (set) => {
          known.keys = { set, readAt: this.#now() };
        },
        (error: unknown) => {
          known.failure = error;
        },
      )
      .finally(() => {
        known.asking = null;
      });
    return known.asking;
  }

  #isYounger({ keys }: Known, ms: number): boolean {
    return keys !== null && this.#now() - keys.readAt < ms;
  }

  #knownOf(issuer: string): Known {
    const known = this.#issuers.get(issuer) ?? {
      ...{ keys: null, failure: null, askedAt: Number.NEGATIVE_INFINITY, asking: null },
    };
    this.#issuers.delete(issuer);
    this.#issuers.set(issuer, known);
    if (this.#issuers.size > issuersMax) this.#issuers.delete(this.#issuers.keys().next().value!);
    return known;
  }
}
