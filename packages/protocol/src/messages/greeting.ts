// What a server says after login and between queries: parameters, cancel key, protocol version, readiness.
import { BodyReader } from '../body-reader.ts';
import { copyOf } from '../bytes.ts';
import { FrameWriter } from '../frame-writer.ts';
import { ServerMessage } from '../message-type.ts';
import { ProtocolViolation } from '../protocol-violation.ts';

/** Idle, in a transaction, or in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E';

const statusBytes = { I: 0x49, T: 0x54, E: 0x45 } as const;

export function parameterStatus(name: string, value: string): Uint8Array {
  return new FrameWriter().begin(ServerMessage.ParameterStatus).cstring(name).cstring(value).end().take();
}

/** Throws ProtocolViolation. */
export function decodeParameterStatus(body: Uint8Array): { name: string; value: string } {
  const reader = new BodyReader(body);
  const name = reader.cstring();
  const value = reader.cstring();
  reader.finish();
  return { name, value };
}

/** `secretKey` has 4 bytes, or up to 256 in protocol 3.2. */
export function backendKeyData(processId: number, secretKey: Uint8Array): Uint8Array {
  return new FrameWriter().begin(ServerMessage.BackendKeyData).int32(processId).bytes(secretKey).end().take();
}

/** The secret key is a copy, since cancel keys outlive the buffer. Throws ProtocolViolation. */
export function decodeBackendKeyData(body: Uint8Array): { processId: number; secretKey: Uint8Array } {
  const reader = new BodyReader(body);
  const processId = reader.int32();
  if (reader.remaining === 0) throw new ProtocolViolation('insufficient data left in message');
  return { processId, secretKey: copyOf(body, 4, body.length) };
}

export function readyForQuery(status: TransactionStatus): Uint8Array {
  return Uint8Array.of(ServerMessage.ReadyForQuery, 0, 0, 0, 5, statusBytes[status]);
}

/** Throws ProtocolViolation. */
export function decodeReadyForQuery(body: Uint8Array): TransactionStatus {
  const status = body[0];
  if (body.length === 1) {
    if (status === statusBytes.I) return 'I';
    if (status === statusBytes.T) return 'T';
    if (status === statusBytes.E) return 'E';
  }
  throw new ProtocolViolation('invalid transaction status in ReadyForQuery');
}

/** Answers a client that asked for a newer minor version or for options unknown to us. */
export function negotiateProtocolVersion(newestMinor: number, unknownOptions: readonly string[]): Uint8Array {
  const writer = new FrameWriter()
    .begin(ServerMessage.NegotiateProtocolVersion)
    // Servers put the whole version here, not the minor alone as older docs have it, and libpq reads it so.
    .int32((3 << 16) | newestMinor)
    .int32(unknownOptions.length);
  for (const option of unknownOptions) writer.cstring(option);
  return writer.end().take();
}

/** Throws ProtocolViolation. */
export function decodeNegotiateProtocolVersion(body: Uint8Array): {
  newestMinor: number;
  unknownOptions: string[];
} {
  const reader = new BodyReader(body);
  const newestMinor = reader.int32() & 0xffff;
  const count = reader.int32();
  if (count < 0 || count > reader.remaining) throw new ProtocolViolation('insufficient data left in message');
  const unknownOptions: string[] = [];
  for (let i = 0; i < count; i++) unknownOptions.push(reader.cstring());
  reader.finish();
  return { newestMinor, unknownOptions };
}
