// A simulated Postgres as leases see it: backends that start, are shown, are terminated and end. Process ids come again soon.
import type { Session } from '@weir/leases';
import type { Clock, Random } from '../random.ts';

/** What a backend tells the one who opened it. */
export interface BackendPeer {
  /** The login is over. */
  started(processId: number): void;
  /** The server's end of file. */
  ended(): void;
}

interface Backend {
  readonly processId: number;
  readonly sinceMs: number;
  readonly peer: BackendPeer;
}

const processIdMost = 60;

export class ModelDatabase {
  readonly backends = new Map<number, Backend>();
  readonly role = 'app';
  private readonly clock: Clock;
  private readonly random: Random;
  private lastProcessId = 0;
  started = 0;

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  /** A startup packet has come. */
  start(peer: BackendPeer): void {
    do {
      this.lastProcessId = (this.lastProcessId % processIdMost) + 1;
    } while (this.backends.has(this.lastProcessId));
    const processId = this.lastProcessId;
    this.backends.set(processId, { processId, sinceMs: this.clock.nowMs, peer });
    this.started++;
    this.clock.after(this.random.next() * 10, () => peer.started(processId));
  }

  /** A Terminate, an end of the other side, or a signal: it ends in its own time, and its slot is free then. */
  end(processId: number, peer: BackendPeer): void {
    this.clock.after(this.random.next() * 20, () => {
      if (this.backends.get(processId)?.peer !== peer) return;
      this.backends.delete(processId);
      this.clock.after(this.random.next() * 3, () => peer.ended());
    });
  }

  terminate(processIds: readonly number[], leastAgeMs: number): void {
    for (const processId of processIds) {
      const backend = this.backends.get(processId);
      if (backend !== undefined && this.clock.nowMs - backend.sinceMs >= leastAgeMs)
        this.end(processId, backend.peer);
    }
  }

  sessions(): Session[] {
    return [...this.backends.values()].map(({ processId, sinceMs }) => ({
      processId,
      role: this.role,
      ageMs: this.clock.nowMs - sinceMs,
    }));
  }
}
