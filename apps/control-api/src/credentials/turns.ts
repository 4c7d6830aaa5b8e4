// Lets what waits for the same thing wait here, and not on a connection to the catalog that everybody else needs too.

export class Turns {
  readonly #waitingMax: number;
  readonly #queues = new Map<string, { last: Promise<unknown>; waiting: number }>();

  /** `waitingMax` for each key. */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /** Runs `work` when all that came before it under the same key is over, and settles as it does. Null: too much waits. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> | null {
    const queue = this.#queues.get(key) ?? { last: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= this.#waitingMax) return null;
    this.#queues.set(key, queue);
    queue.waiting++;
    const done = queue.last.then(work);
    const over = () => {
      queue.waiting--;
      if (queue.waiting === 0) this.#queues.delete(key);
    };
    queue.last = done.then(over, over);
    return done;
  }
}
