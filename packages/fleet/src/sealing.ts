// Sealing and opening of one value with AES-256-GCM, bound to where it belongs. Knows nothing of endpoints or of Redis.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealKeySource } from './seal-key-ring.ts';
import type { SealKey } from './seal-keys.ts';

/** A sealed value: which key opens it, and nonce, tag and ciphertext as one base64 text. */
export interface SealedBox {
  readonly keyId: string;
  readonly box: string;
}

/** What the value belongs to: it opens only under exactly these words and numbers. */
export type SealContext = readonly (string | number)[];

/** A box that does not open here: unknown key, other context, or touched bytes. Says which, never what was inside. */
export class SealError extends Error {
  override name = 'SealError';
}

/** It is sealed with a key that is not among those in hand. */
export class UnknownSealKeyError extends SealError {
  override name = 'UnknownSealKeyError';
}

// What NIST SP 800-38D recommends: 96 random bits; one key may seal some four thousand million values with them.
const nonceBytes = 12;
const tagBytes = 16;

/** Seals `plaintext` with the first of `keys`, for `context` only. */
export function seal(keys: readonly SealKey[], context: SealContext, plaintext: string): SealedBox {
  const key = keys[0];
  if (key === undefined) throw new SealError('there is no key to seal with');
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: tagBytes });
  cipher.setAAD(boundData(context, key.id));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return { keyId: key.id, box: Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64') };
}

/**
 * Runs `openWith` with the keys in hand, and where one is missing once more with what the key file says by now: somebody
 * who read a changed file before us may have sealed with it. Throws as `openWith` does.
 */
export function withKeysOf<T>(source: SealKeySource, openWith: (keys: readonly SealKey[]) => T): T {
  try {
    return openWith(source.keys);
  } catch (error) {
    if (!(error instanceof UnknownSealKeyError)) throw error;
  }
  source.readAgain();
  return openWith(source.keys);
}

/** Opens what `seal` made, with whichever of `keys` it names. Throws SealError. */
export function open(keys: readonly SealKey[], context: SealContext, sealed: SealedBox): string {
  const key = keys.find((candidate) => candidate.id === sealed.keyId);
  if (key === undefined) {
    throw new UnknownSealKeyError(`sealed with key "${sealed.keyId}", which is not in the key file here`);
  }
  const bytes = Buffer.from(sealed.box, 'base64');
  if (bytes.length < nonceBytes + tagBytes) throw new SealError('too short to be sealed');
  const decipher = createDecipheriv('aes-256-gcm', key.secret, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(boundData(context, key.id));
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    const plaintext = decipher.update(bytes.subarray(nonceBytes + tagBytes));
    return Buffer.concat([plaintext, decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new SealError('the seal does not fit its record', { cause });
  }
}

// JSON of a flat list: two different contexts never give the same bytes, whatever an id contains.
function boundData(context: SealContext, keyId: string): Buffer {
  return Buffer.from(JSON.stringify([...context, keyId]), 'utf8');
}
