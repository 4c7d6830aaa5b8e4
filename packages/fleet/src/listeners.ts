// Who wants to hear of something, and how they are told.

/** A set of listeners. Each is told in a turn of its own, so that one that throws takes no other's news away. */
export class Listeners<News> {
  readonly #listeners = new Set<{ readonly listener: (news: News) => void }>();

  /** Returns the unsubscribe; the same function may be added twice. */
  add(listener: (news: News) => void): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  tell(news: News): void {
    for (const entry of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(entry)) entry.listener(news);
      });
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
