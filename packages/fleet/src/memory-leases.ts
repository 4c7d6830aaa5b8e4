// Leases in the memory of one process, where nothing is ever forgotten: by the same rule as over Redis.
import { decide, type LeaseAnswer, type LeaseMemory, type LeaseNote, type LeaseState } from '@weir/leases';
import type { LeaseAsk, LeaseStore, RegisteredServer } from './contract.ts';
import { Listeners } from './listeners.ts';

const runId = 'memory';
const memory: LeaseMemory = { runId, nonce: runId, open: true, fresh: true };

interface UpstreamLeases {
  state: LeaseState;
  /** By holder and process id. */
  readonly servers: Map<string, RegisteredServer>;
}

/** `insistOpen` throws FleetUnavailableError once the fleet is closed. */
export class MemoryLeases implements LeaseStore {
  readonly #insistOpen: () => void;
  readonly #upstreams = new Map<string, UpstreamLeases>();
  readonly #listeners = new Listeners<LeaseNote>();
  readonly #endListeners = new Listeners<string>();

  constructor(insistOpen: () => void) {
    this.#insistOpen = insistOpen;
  }

  async ask(asks: readonly LeaseAsk[]): Promise<readonly (LeaseAnswer | null)[]> {
    this.#insistOpen();
    return asks.map((ask) => this.#askOne(ask));
  }

  #askOne({ request, opened, gone }: LeaseAsk): LeaseAnswer {
    const { upstream, holder, silent } = request;
    const leases = this.#upstreams.get(upstream) ?? {
      state: { memory, holders: new Map(), checked: null },
      servers: new Map<string, RegisteredServer>(),
    };
    const { state, answer, notes } = decide(leases.state, request, runId, performance.now());
    leases.state = state;
    if (!answer.current) return answer;
    if (silent !== null && !state.holders.has(silent.holder)) {
      for (const [key, server] of leases.servers)
        if (server.holder === silent.holder) leases.servers.delete(key);
    }
    for (const { processId, role } of opened)
      leases.servers.set(`${holder} ${processId}`, { holder, processId, role });
    for (const processId of gone) leases.servers.delete(`${holder} ${processId}`);
    if (state.holders.size > 0) this.#upstreams.set(upstream, leases);
    else this.#upstreams.delete(upstream);
    for (const note of notes) this.#listeners.tell(note);
    return answer;
  }

  onNote(listener: (note: LeaseNote) => void): () => void {
    return this.#listeners.add(listener);
  }

  async tellEnded(processId: string): Promise<void> {
    this.#insistOpen();
    this.#endListeners.tell(processId);
  }

  onEnded(listener: (processId: string) => void): () => void {
    return this.#endListeners.add(listener);
  }

  async servers(upstream: string): Promise<readonly RegisteredServer[]> {
    this.#insistOpen();
    return [...(this.#upstreams.get(upstream)?.servers.values() ?? [])];
  }
}
