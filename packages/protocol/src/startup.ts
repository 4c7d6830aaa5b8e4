// The packets without a type byte that open a connection: StartupMessage, SSLRequest, GSSENCRequest, CancelRequest.

import { BodyReader } from './body-reader.ts';
import { readInt32, writeInt32 } from './bytes.ts';
import { FrameWriter } from './frame-writer.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import { SqlState } from './sqlstate.ts';

/** Same as MAX_STARTUP_PACKET_LENGTH in the server: a longer one is never a real client. Without the length itself. */
export const startupPacketBytesMax = 10000;
/** The newest minor version of protocol 3 that exists: 3.2, with long cancel keys. */
export const newestProtocolMinor = 2;
/** Longest secret of a cancel key in protocol 3.2. */
export const cancelSecretBytesMax = 256;

const cancelRequestCode = 80877102;
const sslRequestCode = 80877103;
const gssEncRequestCode = 80877104;

/** The StartupMessage of a client. A parameter given twice has its last value, as in the server. */
export interface StartupMessage {
  readonly kind: 'startup';
  readonly major: 3;
  readonly minor: number;
  /** Without the protocol options. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Names of the `_pq_.` options asked for. */
  readonly protocolOptions: readonly string[];
}

/** What a connection's first packet asks for. */
export type StartupPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gssenc' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secretKey: Uint8Array }
  | StartupMessage;

/**
 * Decodes a startup packet given without its length. Throws ProtocolViolation; its sqlstate is 0A000 where
 * the packet is of another major version. The secret key is a view on `bytes`.
 */
export function parseStartupPacket(bytes: Uint8Array): StartupPacket {
  if (bytes.length < 4 || bytes.length > startupPacketBytesMax) {
    throw new ProtocolViolation('invalid length of startup packet');
  }
  const code = readInt32(bytes, 0) >>> 0;
  if (code === sslRequestCode || code === gssEncRequestCode) {
    if (bytes.length !== 4) throw new ProtocolViolation('invalid length of startup packet');
    return { kind: code === sslRequestCode ? 'ssl' : 'gssenc' };
  }
  if (code === cancelRequestCode) return parseCancelRequest(bytes);
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== 3) {
    throw new ProtocolViolation(
      `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.${newestProtocolMinor}`,
      SqlState.FeatureNotSupported,
    );
  }
  return parseStartupMessage(bytes, minor);
}

/** A StartupMessage of protocol 3.`minor` with its length. */
export function encodeStartupMessage(parameters: Iterable<readonly [string, string]>, minor = 0): Uint8Array {
  const writer = new FrameWriter(256).int32(0).int32((3 << 16) | minor);
  for (const [name, value] of parameters) writer.cstring(name).cstring(value);
  const packet = writer.byte(0).take();
  writeInt32(packet, 0, packet.length);
  return packet;
}

export function encodeSslRequest(): Uint8Array {
  return new FrameWriter(8).int32(8).int32(sslRequestCode).take();
}

export function encodeGssEncRequest(): Uint8Array {
  return new FrameWriter(8).int32(8).int32(gssEncRequestCode).take();
}

/** A CancelRequest with its length; `secretKey` has 4 bytes, or up to 256 in protocol 3.2. */
export function encodeCancelRequest(processId: number, secretKey: Uint8Array): Uint8Array {
  return new FrameWriter(12 + secretKey.length)
    .int32(12 + secretKey.length)
    .int32(cancelRequestCode)
    .int32(processId)
    .bytes(secretKey)
    .take();
}

function parseCancelRequest(bytes: Uint8Array): StartupPacket {
  const secretBytes = bytes.length - 8;
  if (secretBytes < 4 || secretBytes > cancelSecretBytesMax) {
    throw new ProtocolViolation('invalid length of cancel request packet');
  }
  return { kind: 'cancel', processId: readInt32(bytes, 4), secretKey: bytes.subarray(8) };
}

function parseStartupMessage(bytes: Uint8Array, minor: number): StartupMessage {
  const badLayout = 'invalid startup packet layout: expected terminator as last byte';
  if (bytes.length < 5 || bytes[bytes.length - 1] !== 0) throw new ProtocolViolation(badLayout);
  const parameters = new Map<string, string>();
  const protocolOptions: string[] = [];
  const reader = new BodyReader(bytes);
  reader.int32();
  for (;;) {
    const name = reader.cstring();
    if (name === '') break;
    // A name directly before the end has no value, and the reader would stumble over it less clearly.
    if (reader.remaining === 0) throw new ProtocolViolation(badLayout);
    const value = reader.cstring();
    if (name.startsWith('_pq_.')) protocolOptions.push(name);
    else parameters.set(name, value);
  }
  if (reader.remaining !== 0) throw new ProtocolViolation(badLayout);
  return { kind: 'startup', major: 3, minor, parameters, protocolOptions };
}
