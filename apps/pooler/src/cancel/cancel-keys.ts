// The cancel keys given to clients of this process, and what a request with one of them stops, here or at its giver.
import { randomInt, timingSafeEqual } from 'node:crypto';
import type { CancelForwarding, CancelRequest } from '@weir/fleet';
import { takeRandomBytes } from '../random-bytes.ts';

/** Stops what a client runs; resolves when it is certain that nothing that begins later is hit. */
export type CancelTarget = () => Promise<void>;

/** A key as BackendKeyData shows it. */
export interface CancelKey {
  /** Positive: pg_basebackup and others take it for a process id. */
  readonly processId: number;
  readonly secretKey: Uint8Array;
}

/** What became of a request. `unknown`: nobody has the key, as is usual for a client that has left meanwhile. */
export type CancelOutcome = 'here' | 'forwarded' | 'unknown' | 'undelivered';

// Of the 31 bits of the process id the upper ones name the giver, the rest its key. Two processes with one number
// cost each other a look at requests that are not theirs, no more, so nobody has to hand numbers out.
const giverBits = 12;
const keyBits = 31 - giverBits;
// Protocol 3.0 has room for four bytes; 3.2 for as many as cannot be guessed.
const shortKeyBytes = 4;
const longKeyBytes = 32;

/** All keys of one process. */
export class CancelKeys {
  private readonly targets = new Map<
    number,
    { readonly secretKey: Uint8Array; readonly target: CancelTarget }
  >();
  private readonly giver = randomInt(1, 2 ** giverBits);
  private readonly forwarding: CancelForwarding;
  private readonly stopReceiving: () => void;

  constructor(forwarding: CancelForwarding) {
    this.forwarding = forwarding;
    this.stopReceiving = forwarding.receive(this.giver, (request) => this.cancelHere(request));
  }

  /** A new key for a client that speaks protocol 3.`minor`. */
  give(minor: 0 | 2, target: CancelTarget): CancelKey {
    let processId: number;
    do processId = this.giver * 2 ** keyBits + randomInt(2 ** keyBits);
    while (this.targets.has(processId));
    const secretKey = takeRandomBytes(minor === 0 ? shortKeyBytes : longKeyBytes);
    this.targets.set(processId, { secretKey, target });
    return { processId, secretKey };
  }

  /** The client is gone; its key opens nothing. */
  take(key: CancelKey): void {
    this.targets.delete(key.processId);
  }

  /**
   * Carries out a cancel request wherever its key was given; a wrong key does nothing, as in Postgres. Never rejects:
   * shared state that is away leaves the request undelivered, and Postgres promises nothing for one either.
   */
  async cancel(request: CancelRequest): Promise<CancelOutcome> {
    if (await this.cancelHere(request)) return 'here';
    const giver = request.processId >> keyBits;
    // Keys of this process that are not here any more, unless another has its number, and what nobody gives.
    if (giver < 1) return 'unknown';
    try {
      return (await this.forwarding.forward(giver, request)) > 0 ? 'forwarded' : 'unknown';
    } catch {
      return 'undelivered';
    }
  }

  close(): void {
    this.stopReceiving();
  }

  private async cancelHere({ processId, secretKey }: CancelRequest): Promise<boolean> {
    const entry = this.targets.get(processId);
    if (entry === undefined || entry.secretKey.length !== secretKey.length) return false;
    if (!timingSafeEqual(entry.secretKey, secretKey)) return false;
    await entry.target();
    return true;
  }
}
