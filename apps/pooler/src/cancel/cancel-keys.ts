// The cancel keys given to clients of this process, and what a request with one of them stops.
import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** Stops what a client runs; resolves when it is certain that nothing that begins later is hit. */
export type CancelTarget = () => Promise<void>;

/** A key as BackendKeyData shows it. */
export interface CancelKey {
  /** Positive: pg_basebackup and others take it for a process id. */
  readonly processId: number;
  readonly secretKey: Uint8Array;
}

// Protocol 3.0 has room for four bytes; 3.2 for as many as cannot be guessed.
const shortKeyBytes = 4;
const longKeyBytes = 32;

/** All keys of one process. */
export class CancelKeys {
  private readonly targets = new Map<
    number,
    { readonly secretKey: Uint8Array; readonly target: CancelTarget }
  >();

  /** A new key for a client that speaks protocol 3.`minor`. */
  give(minor: 0 | 2, target: CancelTarget): CancelKey {
    let processId: number;
    do processId = randomInt(1, 0x7fffffff);
    while (this.targets.has(processId));
    const secretKey = randomBytes(minor === 0 ? shortKeyBytes : longKeyBytes);
    this.targets.set(processId, { secretKey, target });
    return { processId, secretKey };
  }

  /** The client is gone; its key opens nothing. */
  take(key: CancelKey): void {
    this.targets.delete(key.processId);
  }

  /** Carries out a cancel request; a wrong key does nothing, as in Postgres. */
  async cancel(processId: number, secretKey: Uint8Array): Promise<void> {
    const entry = this.targets.get(processId);
    if (entry === undefined || entry.secretKey.length !== secretKey.length) return;
    if (!timingSafeEqual(entry.secretKey, secretKey)) return;
    await entry.target();
  }
}
