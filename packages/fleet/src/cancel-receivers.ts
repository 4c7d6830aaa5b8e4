// Who carries out cancel requests in this process, by the giver of the key.
import type { CancelRequest, PerformCancel } from './contract.ts';

// Each is a connection to a database; what comes beyond them is dropped, as Postgres promises nothing for a request.
const performedAtOnceMax = 256;

export class CancelReceivers {
  readonly #performers = new Map<number, Set<{ readonly perform: PerformCancel }>>();
  #performing = 0;

  givers(): IterableIterator<number> {
    return this.#performers.keys();
  }

  /** Returns the removal. */
  add(giver: number, perform: PerformCancel): () => void {
    const entry = { perform };
    const all = this.#performers.get(giver) ?? new Set();
    this.#performers.set(giver, all.add(entry));
    return () => {
      all.delete(entry);
      if (all.size === 0) this.#performers.delete(giver);
    };
  }

  /** Resolves when all are done, with how many knew the key. Never rejects: one that fails is one that did not know. */
  async perform(giver: number, request: CancelRequest): Promise<number> {
    if (this.#performing >= performedAtOnceMax) return 0;
    this.#performing++;
    try {
      const all = [...(this.#performers.get(giver) ?? [])];
      const known = await Promise.all(all.map(({ perform }) => perform(request).catch(() => false)));
      return known.filter(Boolean).length;
    } finally {
      this.#performing--;
    }
  }
}
