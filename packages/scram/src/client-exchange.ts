// The client's side of a SCRAM login as steps over texts, with a password or with keys recovered from someone's login.
import { timingSafeEqual } from 'node:crypto';
import { AttributeReader } from './attributes.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type ChannelBindingFlag, channelBindingText, gs2Header } from './channel-binding.ts';
import { deriveKeys, deriveKeysSync, hmac, type ScramKeys, storedKeyOf, xor } from './keys.ts';
import type { ClientChannelBinding } from './mechanism.ts';
import { malformed, ScramProtocolError } from './scram-protocol-error.ts';

// A server that asks for more would have us compute for seconds at every login.
const iterationsMax = 1_000_000;

/** A password, or the keys that a verifier and a client's proof gave. */
export type ClientCredentials = { readonly password: string } | ScramKeys;

export interface ClientExchangeOptions {
  readonly credentials: ClientCredentials;
  /** Printable, without commas, never used before: `encodeNonce` of 18 random bytes. */
  readonly nonce: string;
  /** From `chooseMechanism`; without it the client says that it has no channel binding. */
  readonly channelBinding?: ClientChannelBinding;
  /** Postgres takes the startup packet's name and wants this one empty. */
  readonly userName?: string;
}

/** Send `first()`; call `next` (or `nextAsync`) with the answer and send the result; call `verify` with the last text. */
export class ClientExchange {
  readonly #options: ClientExchangeOptions;
  readonly #flag: ChannelBindingFlag;
  readonly #endPointHash: Uint8Array | null;
  readonly #firstBare: string;
  #keys: ScramKeys | null = null;
  #serverSignature: Uint8Array | null = null;

  constructor(options: ClientExchangeOptions) {
    this.#options = options;
    const binding = options.channelBinding ?? { kind: 'none' };
    this.#flag = binding.kind === 'none' ? 'n' : binding.kind === 'not-offered' ? 'y' : 'p';
    this.#endPointHash = binding.kind === 'tls-server-end-point' ? binding.endPointHash : null;
    const userName = (options.userName ?? '').replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#firstBare = `n=${userName},r=${options.nonce}`;
  }

  /** The keys used, once the server's first message was answered: a later login with them skips the slow part. */
  get keys(): ScramKeys | null {
    return this.#keys;
  }

  /** client-first-message. */
  first(): string {
    return gs2Header(this.#flag) + this.#firstBare;
  }

  /** client-final-message. With a password it takes some milliseconds of this thread. Throws ScramProtocolError. */
  next(serverFirst: string): string {
    const { credentials } = this.#options;
    const { salt, iterations, nonce } = this.#readServerFirst(serverFirst);
    const keys =
      'password' in credentials ? deriveKeysSync(credentials.password, salt, iterations) : credentials;
    return this.#answer(serverFirst, nonce, keys);
  }

  /** The same, with the slow part on a thread of the pool. */
  async nextAsync(serverFirst: string): Promise<string> {
    const { credentials } = this.#options;
    const { salt, iterations, nonce } = this.#readServerFirst(serverFirst);
    const keys =
      'password' in credentials ? await deriveKeys(credentials.password, salt, iterations) : credentials;
    return this.#answer(serverFirst, nonce, keys);
  }

  /** Takes server-final-message. Throws ScramProtocolError unless the server has proved that it knows the verifier. */
  verify(serverFinal: string): void {
    if (this.#serverSignature === null) throw new Error('verify was called before next');
    const { name, value } = new AttributeReader(serverFinal).readAny();
    if (name === 'e') {
      throw new ScramProtocolError(
        'server refused the SCRAM exchange',
        value.replace(/[^\x20-\x7e]/g, '?').slice(0, 100),
      );
    }
    const signature = name === 'v' ? decodeBase64(value) : null;
    if (signature === null) throw malformed('server-final-message holds no signature');
    if (
      signature.length !== this.#serverSignature.length ||
      !timingSafeEqual(signature, this.#serverSignature)
    ) {
      throw new ScramProtocolError('incorrect server signature');
    }
  }

  #readServerFirst(text: string): { nonce: string; salt: Uint8Array; iterations: number } {
    const reader = new AttributeReader(text);
    const nonce = reader.readNonce();
    const own = this.#options.nonce;
    if (!nonce.startsWith(own) || nonce.length === own.length) {
      throw new ScramProtocolError('invalid SCRAM response', 'Nonce does not match.');
    }
    const salt = decodeBase64(reader.read('s'));
    if (salt === null || salt.length === 0) throw malformed('invalid salt');
    const count = reader.read('i');
    const iterations = /^[1-9][0-9]{0,9}$/.test(count) ? Number(count) : 0;
    if (iterations === 0) throw malformed('invalid iteration count');
    if (iterations > iterationsMax) {
      throw new ScramProtocolError(`server asks for ${iterations} iterations, more than ${iterationsMax}`);
    }
    return { nonce, salt, iterations };
  }

  #answer(serverFirst: string, nonce: string, keys: ScramKeys): string {
    this.#keys = keys;
    const binding = channelBindingText(this.#flag, this.#endPointHash);
    const withoutProof = `c=${binding},r=${nonce}`;
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const proof = xor(keys.clientKey, hmac(storedKeyOf(keys.clientKey), authMessage));
    this.#serverSignature = hmac(keys.serverKey, authMessage);
    return `${withoutProof},p=${encodeBase64(proof)}`;
  }
}
