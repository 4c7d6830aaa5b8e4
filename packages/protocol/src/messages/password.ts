// The client's half of a login: PasswordMessage, SASLInitialResponse and SASLResponse, which share one type byte.
import { BodyReader } from '../body-reader.ts';
import { FrameWriter } from '../frame-writer.ts';
import { ClientMessage } from '../message-type.ts';
import { ProtocolViolation } from '../protocol-violation.ts';

/** A password in the clear, or the answer to an MD5 challenge. */
export function passwordMessage(text: string): Uint8Array {
  return new FrameWriter().begin(ClientMessage.Password).cstring(text).end().take();
}

export function saslInitialResponse(mechanism: string, text: string): Uint8Array {
  return new FrameWriter(256).begin(ClientMessage.Password).cstring(mechanism).value(text).end().take();
}

export function saslResponse(text: string): Uint8Array {
  return new FrameWriter(256).begin(ClientMessage.Password).text(text).end().take();
}

/** Throws ProtocolViolation. */
export function decodePasswordMessage(body: Uint8Array): string {
  const reader = new BodyReader(body);
  const text = reader.cstring();
  if (reader.remaining !== 0) throw new ProtocolViolation('invalid password packet size');
  return text;
}

/** `text` is null if the client sent no initial response. Throws ProtocolViolation. */
export function decodeSaslInitialResponse(body: Uint8Array): { mechanism: string; text: string | null } {
  const reader = new BodyReader(body);
  const mechanism = reader.cstring();
  const response = reader.value();
  reader.finish();
  return { mechanism, text: response === null ? null : new BodyReader(response).text() };
}

/** The client's SASL text. Throws ProtocolViolation. */
export function decodeSaslResponse(body: Uint8Array): string {
  return new BodyReader(body).text();
}
