// Who may not log in for a while, since too many of its logins at an endpoint have failed: counted here and over the fleet.
import { BanCounts, type BanRule, type BanStore, RecentMap } from '@weir/fleet';
import { sourceOf } from '@weir/net';
import { PoolerError } from '../errors.ts';

export interface SourceBansOptions {
  readonly store: BanStore;
  /** Failed logins of a source at an endpoint within a minute that ban it; 0: nobody is banned. */
  readonly failuresMax: number;
  readonly now: () => number;
}

const windowMs = 60_000;
const banMs = 300_000;
const readEachMs = 1_000;
/** A role that has logged in from a source lately is let in from there in spite of what others tried. */
const provenForMs = 3_600_000;
const provenAgainMs = 60_000;
const provenMax = 10_000;

/** The bans as this process knows them: no login waits for shared state, and without it the counts of this process go on. */
export class SourceBans {
  readonly #options: SourceBansOptions;
  readonly #rule: BanRule;
  readonly #counts = new BanCounts();
  /** Endpoint, source and role -> the last login that succeeded. */
  readonly #proven = new RecentMap<string, number>(provenMax);
  readonly #timer: NodeJS.Timeout;
  #version: string | null = null;
  #reading = false;

  constructor(options: SourceBansOptions) {
    this.#options = options;
    this.#rule = { failuresMax: options.failuresMax, windowMs, banMs };
    this.#timer = setInterval(() => void this.#read(), readEachMs);
    this.#timer.unref();
  }

  /** Before it is known as which role: one that has logged in from there lately would be let in. */
  has(endpointId: string, address: string): boolean {
    return this.#counts.leftMs(endpointId, sourceOf(address), this.#options.now()) > 0;
  }

  /** Throws PoolerError SOURCE_BANNED. */
  insist(endpointId: string, address: string, role: string): void {
    const now = this.#options.now();
    const source = sourceOf(address);
    const leftMs = this.#counts.leftMs(endpointId, source, now);
    if (leftMs <= 0) return;
    const provenAt = this.#proven.get(`${endpointId} ${source} ${role}`);
    if (provenAt !== undefined && now - provenAt < provenForMs) return;
    const seconds = Math.ceil(leftMs / 1000);
    throw new PoolerError('SOURCE_BANNED', { endpoint: endpointId, address: source, seconds });
  }

  succeeded(endpointId: string, address: string, role: string): void {
    const key = `${endpointId} ${sourceOf(address)} ${role}`;
    const now = this.#options.now();
    // Within a part of the time it is good for it is as good as the first.
    if (now - (this.#proven.get(key) ?? Number.NEGATIVE_INFINITY) >= provenAgainMs)
      this.#proven.set(key, now);
  }

  failed(endpointId: string, address: string): void {
    if (this.#rule.failuresMax === 0) return;
    const source = sourceOf(address);
    this.#counts.failed(endpointId, source, this.#rule, this.#options.now());
    this.#options.store
      .failed(endpointId, source, this.#rule)
      .then((banned) => {
        if (banned) this.#counts.ban({ endpointId, source, leftMs: banMs }, this.#options.now());
      })
      // Shared state is away: what this process has counted itself is in force.
      .catch(() => {});
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      const read = await this.#options.store.read(this.#version);
      if (read === null) return;
      this.#version = read.version;
      this.#counts.replace(read.bans, this.#options.now());
    } catch {
      // Shared state is away, which others log.
    } finally {
      this.#reading = false;
    }
  }
}
