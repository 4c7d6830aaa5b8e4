// Bans of a fleet of one process.
import { BanCounts } from './ban-counts.ts';
import type { Ban, BanRule, BanStore } from './contract.ts';

export class MemoryBans implements BanStore {
  readonly #counts = new BanCounts();
  readonly #insistOpen: () => void;
  #changes = 0;

  constructor(insistOpen: () => void) {
    this.#insistOpen = insistOpen;
  }

  async failed(endpointId: string, source: string, rule: BanRule): Promise<boolean> {
    this.#insistOpen();
    const banned = this.#counts.failed(endpointId, source, rule, performance.now());
    if (banned) this.#changes++;
    return banned;
  }

  async read(version: string | null): Promise<{ version: string; bans: readonly Ban[] } | null> {
    this.#insistOpen();
    const now = String(this.#changes);
    return version === now ? null : { version: now, bans: this.#counts.all(performance.now()) };
  }

  async clear(endpointId: string, source: string | null): Promise<number> {
    this.#insistOpen();
    this.#changes++;
    return this.#counts.clear(endpointId, source);
  }
}
