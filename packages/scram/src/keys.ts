// From a password to SCRAM's keys, and what is signed with them; the slow part in a form that leaves the event loop alone.
import { createHash, createHmac, createSecretKey, pbkdf2, pbkdf2Sync } from 'node:crypto';
import { saslPrep } from './saslprep.ts';

/** Bytes of every key, signature and proof: SHA-256's. */
export const keyBytes = 32;

/** What proves knowledge of a password: the first to the server, the second to the client. */
export interface ScramKeys {
  readonly clientKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** Keys of a password. Takes some milliseconds of the calling thread for 4096 iterations. */
export function deriveKeysSync(password: string, salt: Uint8Array, iterations: number): ScramKeys {
  return keysOf(pbkdf2Sync(saslPrep(password), salt, iterations, keyBytes, 'sha256'));
}

/** The same, on a thread of the pool. */
export function deriveKeys(password: string, salt: Uint8Array, iterations: number): Promise<ScramKeys> {
  return new Promise((resolve, reject) => {
    pbkdf2(saslPrep(password), salt, iterations, keyBytes, 'sha256', (error, saltedPassword) => {
      if (error) reject(error);
      else resolve(keysOf(saltedPassword));
    });
  });
}

/** What a server keeps of the ClientKey. */
export function storedKeyOf(clientKey: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(clientKey).digest());
}

export function hmac(key: Uint8Array, text: string): Uint8Array {
  // Node 24 finds out that bare bytes are no key object by exceptions, which take four times as long as all the rest.
  return new Uint8Array(createHmac('sha256', createSecretKey(key)).update(text, 'utf8').digest());
}

/** Proof from ClientKey and ClientSignature, and ClientKey from proof and ClientSignature. */
export function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, i) => byte ^ right[i]!);
}

function keysOf(saltedPassword: Uint8Array): ScramKeys {
  return { clientKey: hmac(saltedPassword, 'Client Key'), serverKey: hmac(saltedPassword, 'Server Key') };
}
