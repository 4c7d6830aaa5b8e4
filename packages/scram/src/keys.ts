// From a password to SCRAM's keys, and what is signed with them; the slow part in a form that leaves the event loop alone.
import { hash, pbkdf2, pbkdf2Sync } from 'node:crypto';
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
  return bytesOf(sha256(clientKey));
}

// HMAC is two hashes (RFC 2104). Node's own makes two objects and an exception a call, which take five times as long as
// both hashes; and a hash is had fastest as a string of its bytes.
const blockBytes = 64;
const outer = new Uint8Array(blockBytes + keyBytes);
let inner = new Uint8Array(blockBytes + 1024);
const encoder = new TextEncoder();

/** HMAC-SHA-256 of a text's UTF-8. */
export function hmac(key: Uint8Array, text: string): Uint8Array {
  const short = key.length <= blockBytes ? key : storedKeyOf(key);
  const bytesMax = blockBytes + 3 * text.length;
  if (inner.length < bytesMax) inner = new Uint8Array(bytesMax);
  for (let i = 0; i < blockBytes; i++) {
    const byte = short[i] ?? 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  const end = blockBytes + encoder.encodeInto(text, inner.subarray(blockBytes)).written;
  const digest = sha256(inner.subarray(0, end));
  for (let i = 0; i < keyBytes; i++) outer[blockBytes + i] = digest.charCodeAt(i);
  return bytesOf(sha256(outer));
}

/** Proof from ClientKey and ClientSignature, and ClientKey from proof and ClientSignature. */
export function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  const result = new Uint8Array(left.length);
  for (let i = 0; i < result.length; i++) result[i] = left[i]! ^ right[i]!;
  return result;
}

function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'binary');
}

function bytesOf(latin1: string): Uint8Array {
  const bytes = new Uint8Array(latin1.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = latin1.charCodeAt(i);
  return bytes;
}

function keysOf(saltedPassword: Uint8Array): ScramKeys {
  return { clientKey: hmac(saltedPassword, 'Client Key'), serverKey: hmac(saltedPassword, 'Server Key') };
}
