// Sealing of secrets in rows: AES-256-GCM, bound to the row and column they stand in and to the key's id.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A key of the key file. */
export interface CatalogSealKey {
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** The key file as the process has read it; it may change at any time. */
export interface CatalogSealKeys {
  /** Of now. The first seals, all open; there is at least one. */
  readonly keys: readonly CatalogSealKey[];
  /** Asked when an unknown key is met: afterwards `keys` is what the file says now. Never throws. */
  readAgain(): void;
}

/** Where a secret stands: table, column, then the row's key. It opens nowhere else. */
export type SecretPlace = readonly [table: string, column: string, ...rowKey: string[]];

/** Seals and opens the secrets of one catalog. */
export interface Sealer {
  /** Ids of the keys in hand now, the one that seals first. */
  keyIds(): readonly string[];
  /** `<keyId>:<base64 of nonce, tag, ciphertext>`. */
  seal(secret: string, place: SecretPlace): string;
  /** Throws CatalogSealError when the key is unknown, the place is another one, or bytes were touched. */
  open(sealed: string, place: SecretPlace): string;
}

/** A sealed secret cannot be opened. The text says where it stands and why, never what it holds. */
export class CatalogSealError extends Error {
  override name = 'CatalogSealError';
}

/** What would open a secret is not in the key file. */
export class UnknownCatalogKeyError extends CatalogSealError {
  override name = 'UnknownCatalogKeyError';
  readonly keyId: string;

  constructor(keyId: string, place: SecretPlace) {
    super(`${place.join('/')} is sealed with key "${keyId}", which is not in the key file`);
    this.keyId = keyId;
  }
}

const nonceBytes = 12;
const tagBytes = 16;

export function createSealer(source: CatalogSealKeys): Sealer {
  const find = (keyId: string) => source.keys.find(({ id }) => id === keyId);
  return {
    keyIds: () => source.keys.map(({ id }) => id),
    seal(secret, place) {
      const sealing = source.keys[0]!;
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealing.secret, nonce, { authTagLength: tagBytes });
      cipher.setAAD(boundData(place, sealing.id));
      const ciphertext = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return `${sealing.id}:${Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64')}`;
    },
    open(sealed, place) {
      const colon = sealed.indexOf(':');
      const keyId = sealed.slice(0, Math.max(colon, 0));
      let key = find(keyId);
      if (key === undefined) source.readAgain();
      key ??= find(keyId);
      if (key === undefined) throw new UnknownCatalogKeyError(keyId, place);
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
