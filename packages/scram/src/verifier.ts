// What Postgres stores of a SCRAM password (pg_authid.rolpassword): made, read, and made up for roles that don't exist.
import { decodeBase64, encodeBase64 } from './base64.ts';
import { deriveKeys, deriveKeysSync, hmac, keyBytes, type ScramKeys, storedKeyOf } from './keys.ts';

/** Bytes of the salt that Postgres makes. */
export const saltBytes = 16;
/** Postgres's own default. */
export const defaultIterations = 4096;

const grammar = /^SCRAM-SHA-256\$([1-9][0-9]{0,9}):([^$:]+)\$([^$:]+):([^$:]+)$/;

/** The parts of a stored verifier. */
export interface Verifier {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** The text that Postgres would store for this password, salt and count; it accepts it in `PASSWORD '…'`. */
export function buildVerifier(password: string, options: { salt: Uint8Array; iterations?: number }): string {
  const { salt, iterations = defaultIterations } = options;
  return formatVerifier(verifierOf(deriveKeysSync(password, salt, iterations), salt, iterations));
}

/** The same, with the slow part on a thread of the pool. */
export async function buildVerifierAsync(
  password: string,
  options: { salt: Uint8Array; iterations?: number },
): Promise<string> {
  const { salt, iterations = defaultIterations } = options;
  return formatVerifier(verifierOf(await deriveKeys(password, salt, iterations), salt, iterations));
}

/** Null unless the text is a whole SCRAM-SHA-256 verifier: md5 hashes and plain passwords are not. */
export function parseVerifier(text: string): Verifier | null {
  const match = grammar.exec(text);
  if (match === null) return null;
  const iterations = Number(match[1]);
  const salt = decodeBase64(match[2]!);
  const storedKey = decodeBase64(match[3]!);
  const serverKey = decodeBase64(match[4]!);
  if (iterations > 0x7fffffff || salt === null || salt.length === 0) return null;
  if (storedKey?.length !== keyBytes || serverKey?.length !== keyBytes) return null;
  return { iterations, salt, storedKey, serverKey };
}

export function formatVerifier(verifier: Verifier): string {
  const { iterations, salt, storedKey, serverKey } = verifier;
  const keys = `${encodeBase64(storedKey)}:${encodeBase64(serverKey)}`;
  return `SCRAM-SHA-256$${iterations}:${encodeBase64(salt)}$${keys}`;
}

/**
 * A verifier for a role that does not exist: the same for the same role as long as `secret` stays, so that
 * a stranger who asks twice sees the salt of a real role; no password fits it. `iterations` should be what
 * real roles have.
 */
export function mockVerifier(secret: Uint8Array, roleName: string, iterations = defaultIterations): Verifier {
  return {
    iterations,
    salt: hmac(secret, `salt\0${roleName}`).slice(0, saltBytes),
    // Nobody knows a ClientKey that hashes to this, so the proof fails after the usual work.
    storedKey: hmac(secret, `stored key\0${roleName}`),
    serverKey: hmac(secret, `server key\0${roleName}`),
  };
}

function verifierOf(keys: ScramKeys, salt: Uint8Array, iterations: number): Verifier {
  return { iterations, salt, storedKey: storedKeyOf(keys.clientKey), serverKey: keys.serverKey };
}
