// Sealing of secrets in rows: AES-256-GCM, bound to the row and column they stand in and to the key's id.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A key of the key file. The first of a list seals, all open. */
export interface CatalogSealKey {
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** Where a secret stands: table, column, then the row's key. It opens nowhere else. */
export type SecretPlace = readonly [table: string, column: string, ...rowKey: string[]];

/** Seals and opens the secrets of one catalog. */
export interface Sealer {
  /** `<keyId>:<base64 of nonce, tag, ciphertext>`. */
  seal(secret: string, place: SecretPlace): string;
  /** Throws CatalogSealError when the key is unknown, the place is another one, or bytes were touched. */
  open(sealed: string, place: SecretPlace): string;
}

/** A sealed secret cannot be opened. The text says where it stands and why, never what it holds. */
export class CatalogSealError extends Error {
  override name = 'CatalogSealError';
}

const nonceBytes = 12;
const tagBytes = 16;

/** Throws CatalogSealError when there is no key, or one of the wrong length. */
export function createSealer(keys: readonly CatalogSealKey[]): Sealer {
  const [sealing] = keys;
  if (sealing === undefined) throw new CatalogSealError('there is no key to seal with');
  for (const key of keys) {
    if (key.secret.length !== 32) throw new CatalogSealError(`key ${key.id} is not 32 bytes long`);
  }
  return {
    seal(secret, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealing.secret, nonce, { authTagLength: tagBytes });
      cipher.setAAD(boundData(place, sealing.id));
      const ciphertext = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return `${sealing.id}:${Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64')}`;
    },
    open(sealed, place) {
      const colon = sealed.indexOf(':');
      const keyId = sealed.slice(0, Math.max(colon, 0));
      const key = keys.find((candidate) => candidate.id === keyId);
      if (key === undefined) {
        throw new CatalogSealError(
          `${place.join('/')} is sealed with key "${keyId}", which is not in the key file`,
        );
      }
      const bytes = Buffer.from(sealed.slice(colon + 1), 'base64');
      if (bytes.length < nonceBytes + tagBytes)
        throw new CatalogSealError(`${place.join('/')} is too short to be sealed`);
      const decipher = createDecipheriv('aes-256-gcm', key.secret, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(boundData(place, key.id));
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        const head = decipher.update(bytes.subarray(nonceBytes + tagBytes));
        return Buffer.concat([head, decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new CatalogSealError(`the seal of ${place.join('/')} does not fit its row`, { cause });
      }
    },
  };
}

// JSON of a flat list: two places never give the same bytes. `catalog` keeps it apart from seals made elsewhere with the same key.
function boundData(place: SecretPlace, keyId: string): Buffer {
  return Buffer.from(JSON.stringify(['catalog', ...place, keyId]), 'utf8');
}
