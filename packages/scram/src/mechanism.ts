// The names of the two mechanisms, which of them a client takes from an offer, and nonces.
import { encodeBase64 } from './base64.ts';

export const scramMechanism = 'SCRAM-SHA-256';
export const scramPlusMechanism = 'SCRAM-SHA-256-PLUS';

/** What a client says of channel binding: cannot; could, but was not offered it; does. */
export type ClientChannelBinding =
  | { readonly kind: 'none' }
  | { readonly kind: 'not-offered' }
  | { readonly kind: 'tls-server-end-point'; readonly endPointHash: Uint8Array };

/** Mechanisms a server offers, the preferred one first. */
export function offeredMechanisms(channelBindingSupported: boolean): readonly string[] {
  return channelBindingSupported ? [scramPlusMechanism, scramMechanism] : [scramMechanism];
}

/**
 * The best mechanism of an offer: -PLUS if there is TLS (`endPointHash` of the server's certificate is not
 * null) and it is offered. Null if the offer holds no SCRAM-SHA-256.
 */
export function chooseMechanism(
  offered: readonly string[],
  endPointHash: Uint8Array | null,
): { readonly mechanism: string; readonly channelBinding: ClientChannelBinding } | null {
  if (endPointHash !== null && offered.includes(scramPlusMechanism)) {
    return { mechanism: scramPlusMechanism, channelBinding: { kind: 'tls-server-end-point', endPointHash } };
  }
  if (!offered.includes(scramMechanism)) return null;
  // "Could, but was not offered" lets an honest server notice that its offer of -PLUS was taken away.
  const kind = endPointHash === null ? 'none' : 'not-offered';
  return { mechanism: scramMechanism, channelBinding: { kind } };
}

/** A nonce from random bytes; Postgres takes 18. */
export function encodeNonce(randomBytes: Uint8Array): string {
  return encodeBase64(randomBytes);
}
