// The server's half of a login: every Authentication message, made and read.
import { BodyReader } from '../body-reader.ts';
import { FrameWriter } from '../frame-writer.ts';
import { ServerMessage } from '../message-type.ts';

const ok = 0;
const cleartextPassword = 3;
const md5Password = 5;
const sasl = 10;
const saslContinue = 11;
const saslFinal = 12;

/** What a server asks for or says during login; `unsupported` is GSS, SSPI, Kerberos or something newer. */
export type AuthenticationRequest =
  | { readonly kind: 'ok' }
  | { readonly kind: 'cleartext-password' }
  | { readonly kind: 'md5-password'; readonly salt: Uint8Array }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue'; readonly text: string }
  | { readonly kind: 'sasl-final'; readonly text: string }
  | { readonly kind: 'unsupported'; readonly method: number };

export function authenticationOk(): Uint8Array {
  return authentication(ok).end().take();
}

export function authenticationCleartextPassword(): Uint8Array {
  return authentication(cleartextPassword).end().take();
}

/** `salt` has four bytes. */
export function authenticationMd5Password(salt: Uint8Array): Uint8Array {
  return authentication(md5Password).bytes(salt).end().take();
}

/** Offers SASL mechanisms, the preferred one first. */
export function authenticationSasl(mechanisms: readonly string[]): Uint8Array {
  const writer = authentication(sasl);
  for (const mechanism of mechanisms) writer.cstring(mechanism);
  return writer.byte(0).end().take();
}

export function authenticationSaslContinue(text: string): Uint8Array {
  return authentication(saslContinue).text(text).end().take();
}

export function authenticationSaslFinal(text: string): Uint8Array {
  return authentication(saslFinal).text(text).end().take();
}

/** Throws ProtocolViolation. The salt is a view on the body. */
export function decodeAuthentication(body: Uint8Array): AuthenticationRequest {
  const reader = new BodyReader(body);
  const method = reader.int32();
  switch (method) {
    case ok:
      return { kind: 'ok' };
    case cleartextPassword:
      return { kind: 'cleartext-password' };
    case md5Password:
      return { kind: 'md5-password', salt: reader.bytes(4) };
    case sasl:
      return { kind: 'sasl', mechanisms: readMechanisms(reader) };
    case saslContinue:
      return { kind: 'sasl-continue', text: reader.text() };
    case saslFinal:
      return { kind: 'sasl-final', text: reader.text() };
    default:
      return { kind: 'unsupported', method };
  }
}

function readMechanisms(reader: BodyReader): string[] {
  const mechanisms: string[] = [];
  for (;;) {
    const mechanism = reader.cstring();
    if (mechanism === '') return mechanisms;
    mechanisms.push(mechanism);
  }
}

function authentication(method: number): FrameWriter {
  return new FrameWriter().begin(ServerMessage.Authentication).int32(method);
}
