// The GS2 header and the binding data that a client's final message repeats under its proof.

/** `n`: the client has no channel binding; `y`: it thinks the server has none; `p`: it binds to the certificate. */
export type ChannelBindingFlag = 'n' | 'y' | 'p';

/** The header in front of client-first-message; never with an authorization identity. */
export function gs2Header(flag: ChannelBindingFlag): string {
  return flag === 'p' ? 'p=tls-server-end-point,,' : `${flag},,`;
}

/** What the `c=` attribute holds before base64: the header, and with `p` the hash of the server's certificate. */
export function channelBindingInput(flag: ChannelBindingFlag, endPointHash: Uint8Array | null): Uint8Array {
  const header = Uint8Array.from(gs2Header(flag), (character) => character.charCodeAt(0));
  if (flag !== 'p') return header;
  if (endPointHash === null) throw new Error('channel binding was agreed on without a certificate hash');
  const input = new Uint8Array(header.length + endPointHash.length);
  input.set(header);
  input.set(endPointHash, header.length);
  return input;
}
