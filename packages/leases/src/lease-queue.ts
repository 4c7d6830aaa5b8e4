// Which leases of a process are due next: a look at them costs what is due, and not what there is.

/** What can stand in the queue. */
export interface Queued {
  /** When it is due. */
  readonly nextAtMs: number;
  /** Of its entry that counts; Infinity: it has none. Changed by the queue alone. */
  queuedAtMs: number;
}

export class LeaseQueue<L extends Queued> {
  /** A heap by time. A lease that became due sooner has a second entry, and the first counts no longer. */
  private readonly heap: { readonly atMs: number; readonly lease: L }[] = [];

  /** To be called whenever the lease is due at another time than before. */
  put(lease: L): void {
    const atMs = lease.nextAtMs;
    if (atMs >= lease.queuedAtMs) return;
    lease.queuedAtMs = atMs;
    const { heap } = this;
    const entry = { atMs, lease };
    heap.push(entry);
    let at = heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.atMs <= atMs) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Takes out those that are due at `nowMs`. */
  takeDue(nowMs: number): L[] {
    const due: L[] = [];
    for (let first = this.heap[0]; first !== undefined && first.atMs <= nowMs; first = this.heap[0]) {
      this.takeFirst();
      const { atMs, lease } = first;
      if (atMs !== lease.queuedAtMs) continue;
      lease.queuedAtMs = Number.POSITIVE_INFINITY;
      if (lease.nextAtMs > nowMs) this.put(lease);
      else due.push(lease);
    }
    return due;
  }

  private takeFirst(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.atMs < heap[child]!.atMs) child++;
      if (heap[child]!.atMs >= last.atMs) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}
