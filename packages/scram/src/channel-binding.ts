// The GS2 header and the binding data that a client's final message repeats under its proof.
import { encodeBase64 } from './base64.ts';

/** `n`: the client has no channel binding; `y`: it thinks the server has none; `p`: it binds to the certificate. */
export type ChannelBindingFlag = 'n' | 'y' | 'p';

/** The header in front of client-first-message; never with an authorization identity. */
export function gs2Header(flag: ChannelBindingFlag): string {
  return flag === 'p' ? 'p=tls-server-end-point,,' : `${flag},,`;
}

// Most logins say one of these.
const withoutBinding = {
  n: encodeBase64(asciiBytes(gs2Header('n'))),
  y: encodeBase64(asciiBytes(gs2Header('y'))),
};

/** The `c=` attribute: in base64 the header, and with `p` the hash of the server's certificate. */
export function channelBindingText(flag: ChannelBindingFlag, endPointHash: Uint8Array | null): string {
  if (flag !== 'p') return withoutBinding[flag];
  if (endPointHash === null) throw new Error('channel binding was agreed on without a certificate hash');
  return encodeBase64(Uint8Array.of(...asciiBytes(gs2Header(flag)), ...endPointHash));
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
