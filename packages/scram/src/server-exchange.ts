// The server's side of a SCRAM login as steps over texts; it ends with the ClientKey, which logs in upstream.
import { timingSafeEqual } from 'node:crypto';
import { AttributeReader } from './attributes.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type ChannelBindingFlag, channelBindingText } from './channel-binding.ts';
import { hmac, keyBytes, storedKeyOf, xor } from './keys.ts';
import { scramPlusMechanism } from './mechanism.ts';
import { malformed, ScramProtocolError } from './scram-protocol-error.ts';
import type { Verifier } from './verifier.ts';

const featureNotSupported = '0A000';
const invalidAuthorization = '28000';

export interface ServerExchangeOptions {
  /** The role's, or a mock one. */
  readonly verifier: Verifier;
  /** Of a second password that opens too, if it has the first one's salt and iterations: the client hears of one pair. */
  readonly previous?: Verifier | null;
  /** Printable, without commas, never used before: `encodeNonce` of 18 random bytes. */
  readonly nonce: string;
  /** `supported`: SCRAM-SHA-256-PLUS was offered, which needs TLS and `endPointHash`, the hash of our certificate. */
  readonly channelBinding: { readonly supported: boolean; readonly endPointHash: Uint8Array | null };
}

/** How an exchange ended; the reason is for the log, the client is told what it would be told for any wrong login. */
export type ServerResult =
  | {
      readonly ok: true;
      readonly serverFinal: string;
      readonly clientKey: Uint8Array;
      /** The one that the proof fits. */
      readonly verifier: Verifier;
    }
  | { readonly ok: false; readonly reason: 'wrong-password' };

/** Call `first`, send what it returns, then call `final` with the answer; each once. */
export class ServerExchange {
  readonly #options: ServerExchangeOptions;
  #flag: ChannelBindingFlag = 'n';
  #clientFirstBare = '';
  #serverFirst = '';
  #nonce: string | null = null;

  constructor(options: ServerExchangeOptions) {
    this.#options = options;
  }

  /** Takes the client's mechanism and first message; returns server-first-message. Throws ScramProtocolError. */
  first(mechanism: string, clientFirst: string): string {
    const { verifier, nonce } = this.#options;
    const { flag, bare } = splitClientFirst(clientFirst);
    this.#checkBinding(mechanism, flag);
    const reader = new AttributeReader(bare);
    const next = reader.readAny();
    if (next.name === 'm') {
      throw new ScramProtocolError(
        'client requires an unsupported SCRAM extension',
        null,
        featureNotSupported,
      );
    }
    // The user name is not looked at: the startup packet's counts, as in Postgres.
    if (next.name !== 'n') throw malformed(`expected attribute "n" but found "${next.name}"`);
    const clientNonce = reader.readNonce();
    // Extensions that we don't know may be left out of account, but they must be attributes.
    while (!reader.done) reader.readAny();
    this.#flag = flag;
    this.#clientFirstBare = bare;
    this.#nonce = clientNonce + nonce;
    this.#serverFirst = `r=${this.#nonce},s=${encodeBase64(verifier.salt)},i=${verifier.iterations}`;
    return this.#serverFirst;
  }

  /** Takes client-final-message. Throws ScramProtocolError; a proof that does not fit is a result, not an error. */
  final(clientFinal: string): ServerResult {
    const nonce = this.#nonce;
    if (nonce === null) throw new Error('final was called before first');
    // One nonce, one proof: a second attempt needs a new exchange.
    this.#nonce = null;
    const { proof, withoutProof } = this.#readClientFinal(clientFinal, nonce);
    const authMessage = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    const { verifier: current, previous } = this.#options;
    for (const verifier of previous ? [current, previous] : [current]) {
      const clientKey = xor(proof, hmac(verifier.storedKey, authMessage));
      if (!timingSafeEqual(storedKeyOf(clientKey), verifier.storedKey)) continue;
      const serverFinal = `v=${encodeBase64(hmac(verifier.serverKey, authMessage))}`;
      return { ok: true, serverFinal, clientKey, verifier };
    }
    return { ok: false, reason: 'wrong-password' };
  }

  #checkBinding(mechanism: string, flag: ChannelBindingFlag): void {
    const { supported } = this.#options.channelBinding;
    if (mechanism === scramPlusMechanism) {
      if (!supported) throw invalidMechanism();
      if (flag !== 'p') {
        throw malformed(
          'The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.',
        );
      }
      return;
    }
    if (mechanism !== 'SCRAM-SHA-256') throw invalidMechanism();
    if (flag === 'p') {
      throw malformed(
        'The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.',
      );
    }
    if (flag === 'y' && supported) {
      // Someone between us took -PLUS out of our offer; this is what the flag is for.
      throw new ScramProtocolError(
        'SCRAM channel binding negotiation error',
        'The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.',
        invalidAuthorization,
      );
    }
  }

  #readClientFinal(text: string, nonce: string): { proof: Uint8Array; withoutProof: string } {
    const reader = new AttributeReader(text);
    const binding = reader.read('c');
    if (binding !== channelBindingText(this.#flag, this.#options.channelBinding.endPointHash)) {
      throw this.#flag === 'p'
        ? new ScramProtocolError('SCRAM channel binding check failed', null, invalidAuthorization)
        : new ScramProtocolError('unexpected SCRAM channel-binding attribute in client-final-message');
    }
    if (reader.readNonce() !== nonce) {
      throw new ScramProtocolError('invalid SCRAM response', 'Nonce does not match.');
    }
    let last = reader.readAny();
    while (last.name !== 'p') last = reader.readAny();
    if (!reader.done) throw malformed('Garbage found at the end of client-final-message.');
    const proof = decodeBase64(last.value);
    if (proof?.length !== keyBytes) throw malformed('Malformed proof in client-final-message.');
    return { proof, withoutProof: text.slice(0, text.lastIndexOf(',p=')) };
  }
}

/** Takes the GS2 header off client-first-message. */
function splitClientFirst(text: string): { flag: ChannelBindingFlag; bare: string } {
  const [flagText = '', authorization, ...rest] = text.split(',');
  if (authorization === undefined || rest.length === 0) throw malformed('The GS2 header is incomplete.');
  let flag: ChannelBindingFlag;
  if (flagText === 'n' || flagText === 'y') flag = flagText;
  else if (flagText === 'p=tls-server-end-point') flag = 'p';
  else if (flagText.startsWith('p=')) throw new ScramProtocolError('unsupported SCRAM channel-binding type');
  else throw malformed('Unexpected channel-binding flag.');
  if (authorization !== '') {
    if (!authorization.startsWith('a=')) throw malformed('The GS2 header is not closed.');
    throw new ScramProtocolError(
      'client uses authorization identity, but it is not supported',
      null,
      featureNotSupported,
    );
  }
  return { flag, bare: rest.join(',') };
}

function invalidMechanism(): ScramProtocolError {
  return new ScramProtocolError('client selected an invalid SASL authentication mechanism');
}
