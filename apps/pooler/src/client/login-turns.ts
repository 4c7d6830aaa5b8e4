// How many logins begin in one turn of the event loop, and whose: endpoints take turns, so that a storm at one keeps nobody else waiting.

/** A TLS handshake takes about half a millisecond of the core, in which no other client is served. */
const beginsPerTurn = 4;

export class LoginTurns {
  #begun = 0;
  #scheduled = false;
  /** By endpoint, in the order in which they are next. */
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Resolves when a login of the endpoint may begin; null: it may at once, as it does unless many do. */
  begin(endpointId: string): Promise<void> | null {
    this.#schedule();
    if (this.#waiting.size === 0 && this.#begun < beginsPerTurn) {
      this.#begun++;
      return null;
    }
    return new Promise((resolve) => {
      const queue = this.#waiting.get(endpointId);
      if (queue === undefined) this.#waiting.set(endpointId, [resolve]);
      else queue.push(resolve);
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After what sockets have brought in this turn, and before what they bring in the next.
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    this.#begun = 0;
    while (this.#begun < beginsPerTurn && this.#waiting.size > 0) {
      const [endpointId, queue] = this.#waiting.entries().next().value!;
      this.#waiting.delete(endpointId);
      const resolve = queue.shift()!;
      if (queue.length > 0) this.#waiting.set(endpointId, queue);
      this.#begun++;
      resolve();
    }
    if (this.#begun > 0) this.#schedule();
  }
}
