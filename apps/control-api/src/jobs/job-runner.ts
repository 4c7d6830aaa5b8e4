// Runs one job in this process, once at a time; whoever asks while it runs gets one more run, together with all others that ask.

export class JobRunner {
  readonly #run: () => Promise<void>;
  #current: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #closed = false;

  constructor(run: () => Promise<void>) {
    this.#run = run;
  }

  /** Resolves when a run that began after this call has ended, and rejects if that one failed. */
  ask(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (this.#current === null) return this.#begin();
    const begin = () => (this.#closed ? Promise.resolve() : this.#begin());
    this.#next ??= this.#current.then(begin, begin);
    return this.#next;
  }

  /** Begins nothing more and waits for the run in hand. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#current?.catch(() => {});
  }

  #begin(): Promise<void> {
    this.#next = null;
    const current = this.#run().finally(() => {
      if (this.#current === current) this.#current = null;
    });
    this.#current = current;
    return current;
  }
}
