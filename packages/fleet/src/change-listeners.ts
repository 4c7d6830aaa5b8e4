// Who wants to hear of changed endpoints, and how they are told.

export type ChangeListener = (endpointId: string | null) => void;

/** A set of listeners. Each is told in a turn of its own, so that one that throws takes no other's news away. */
export class ChangeListeners {
  readonly #listeners = new Set<{ readonly listener: ChangeListener }>();

  /** Returns the unsubscribe; the same function may be added twice. */
  add(listener: ChangeListener): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  tell(endpointId: string | null): void {
    for (const entry of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(entry)) entry.listener(endpointId);
      });
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
