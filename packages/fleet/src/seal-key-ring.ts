// The seal keys that a running process goes by: the key file, read again and again, so that a rotation needs no restart.
import { loadSealKeys, type SealKey, SealKeyError, sealKeysIn } from './seal-keys.ts';

/** Where whoever seals or opens finds its keys. */
export interface SealKeySource {
  /** Of now. The first seals, all open; there is at least one. */
  readonly keys: readonly SealKey[];
  /** For who met a key that is not among `keys`: afterwards they are what the file says now. Never throws. */
  readAgain(): void;
}

/** Other keys are in use than before, or in another order. All by id, the one that seals first. */
export interface SealKeyChange {
  readonly keys: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** A log, as the telemetry's are. */
export interface SealKeyLog {
  info(facts: object, text: string): void;
  error(facts: object, text: string): void;
}

export interface SealKeyRingOptions {
  readonly file: string;
  /** Told of other keys, and once of each fault of the file. */
  readonly log: SealKeyLog;
  /** Monotonic clock in ms, for tests that cannot wait; the process's own unless told otherwise. */
  readonly now?: () => number;
}

const readEachMs = 1_000;
// A file that is written in place is cut off for a moment, perhaps just at the end of a line: what is back by then was never away.
const removedAfterMs = 2_500;

/**
 * The keys of a file, which is read each second, and at once when an unknown key is met. A file that cannot be read or is
 * no list of keys changes nothing; a key that is no longer in it is given up after 2.5 s.
 */
export class SealKeyRing implements SealKeySource {
  readonly #options: SealKeyRingOptions;
  readonly #listeners = new Set<(change: SealKeyChange) => void>();
  /** When it was first seen that a key is no longer in the file, by id. */
  readonly #missingSince = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #keys: readonly SealKey[];
  #fault: string | null = null;
  #closed = false;

  /** Throws SealKeyError when the file cannot be used at the start. */
  constructor(options: SealKeyRingOptions) {
    this.#options = options;
    this.#keys = loadSealKeys(options.file);
    this.#timer = setInterval(() => void this.#look(), readEachMs);
    this.#timer.unref();
  }

  get keys(): readonly SealKey[] {
    return this.#keys;
  }

  /** What is wrong with the file; null: nothing. */
  get fault(): string | null {
    return this.#fault;
  }

  readAgain(): void {
    try {
      this.#take(loadSealKeys(this.#options.file));
    } catch (error) {
      this.#keepAll(error);
    }
  }

  /** Returns the unsubscribe. */
  onChange(listener: (change: SealKeyChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  // Not with a blocking read: a file system that hangs must not hold up clients that need no new key.
  async #look(): Promise<void> {
    try {
      const listed = await sealKeysIn(this.#options.file);
      if (!this.#closed) this.#take(listed);
    } catch (error) {
      this.#keepAll(error);
    }
  }

  #keepAll(error: unknown): void {
    if (!(error instanceof SealKeyError)) throw error;
    const isNews = this.#fault !== error.message && !this.#closed;
    this.#fault = error.message;
    if (isNews) {
      this.#options.log.error(
        { err: error },
        'the seal key file cannot be used, the keys read before stay in use',
      );
    }
  }

  #take(listed: readonly SealKey[]): void {
    for (const key of listed) this.#insistSameSecret(key);
    this.#fault = null;
    const keys = [...listed, ...this.#perhapsBackSoon(listed)];
    const before = this.#keys.map(({ id }) => id);
    const after = keys.map(({ id }) => id);
    if (before.join() === after.join()) return;
    this.#keys = keys;
    const added = after.filter((id) => !before.includes(id));
    const removed = before.filter((id) => !after.includes(id));
    this.#options.log.info({ sealing: after[0], added, removed }, 'the seal key file has changed');
    for (const listener of this.#listeners) listener({ keys: after, added, removed });
  }

  #insistSameSecret({ id, secret }: SealKey): void {
    const known = this.#keys.find((key) => key.id === id);
    if (known === undefined || Buffer.compare(known.secret, secret) === 0) return;
    throw new SealKeyError(
      `seal key file ${this.#options.file}: "${id}" is another key than before; give a new key an id of its own`,
    );
  }

  /** Those that are not listed any more, but not for long enough. */
  #perhapsBackSoon(listed: readonly SealKey[]): readonly SealKey[] {
    const now = this.#options.now?.() ?? performance.now();
    const missing = this.#keys.filter(({ id }) => listed.every((key) => key.id !== id));
    const since = missing.map(({ id }) => [id, this.#missingSince.get(id) ?? now] as const);
    this.#missingSince.clear();
    for (const [id, ms] of since) this.#missingSince.set(id, ms);
    return missing.filter(({ id }) => now - this.#missingSince.get(id)! < removedAfterMs);
  }
}
