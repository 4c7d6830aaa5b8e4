// Parse, Bind, Describe, Execute, Close and their answers; reading stops after the names, for values pass through unread.
import { BodyReader } from '../body-reader.ts';
import { emptyFrame, FrameWriter } from '../frame-writer.ts';
import { ClientMessage, ServerMessage } from '../message-type.ts';
import { ProtocolViolation } from '../protocol-violation.ts';

/** What Describe and Close name: a prepared statement or a portal. */
export type NamedKind = 'S' | 'P';

/** Type oids beyond those given, and oid 0, are inferred by the server. */
export function parse(name: string, text: string, parameterTypeOids: readonly number[] = []): Uint8Array {
  const writer = new FrameWriter(256).begin(ClientMessage.Parse).cstring(name).cstring(text);
  writer.int16(parameterTypeOids.length);
  for (const oid of parameterTypeOids) writer.int32(oid);
  return writer.end().take();
}

/** Throws ProtocolViolation. */
export function decodeParse(body: Uint8Array): { name: string; text: string; parameterTypeOids: number[] } {
  const reader = new BodyReader(body);
  const name = reader.cstring();
  const text = reader.cstring();
  const count = reader.count(4);
  const parameterTypeOids: number[] = [];
  for (let i = 0; i < count; i++) parameterTypeOids.push(reader.oid());
  reader.finish();
  return { name, text, parameterTypeOids };
}

/** Formats: none (all text), one for all, or one each (0 text, 1 binary). */
export function bind(
  portal: string,
  statement: string,
  values: readonly (string | Uint8Array | null)[] = [],
  options: { parameterFormats?: readonly number[]; resultFormats?: readonly number[] } = {},
): Uint8Array {
  const { parameterFormats = [], resultFormats = [] } = options;
  const writer = new FrameWriter(256).begin(ClientMessage.Bind).cstring(portal).cstring(statement);
  writer.int16(parameterFormats.length);
  for (const format of parameterFormats) writer.int16(format);
  writer.int16(values.length);
  for (const value of values) writer.value(value);
  writer.int16(resultFormats.length);
  for (const format of resultFormats) writer.int16(format);
  return writer.end().take();
}

/** The names, and where in the body the formats and values begin. Throws ProtocolViolation. */
export function decodeBind(body: Uint8Array): { portal: string; statement: string; restOffset: number } {
  const reader = new BodyReader(body);
  const portal = reader.cstring();
  const statement = reader.cstring();
  return { portal, statement, restOffset: reader.offset };
}

export function describe(kind: NamedKind, name: string): Uint8Array {
  return named(ClientMessage.Describe, kind, name);
}

/** Throws ProtocolViolation. */
export function decodeDescribe(body: Uint8Array): { kind: NamedKind; name: string } {
  return decodeNamed(body, 'invalid DESCRIBE message subtype');
}

export function close(kind: NamedKind, name: string): Uint8Array {
  return named(ClientMessage.Close, kind, name);
}

/** Throws ProtocolViolation. */
export function decodeClose(body: Uint8Array): { kind: NamedKind; name: string } {
  return decodeNamed(body, 'invalid CLOSE message subtype');
}

/** `rowsMax` 0 means all rows. */
export function execute(portal: string, rowsMax = 0): Uint8Array {
  return new FrameWriter().begin(ClientMessage.Execute).cstring(portal).int32(rowsMax).end().take();
}

/** Throws ProtocolViolation. */
export function decodeExecute(body: Uint8Array): { portal: string; rowsMax: number } {
  const reader = new BodyReader(body);
  const portal = reader.cstring();
  const rowsMax = reader.int32();
  reader.finish();
  return { portal, rowsMax };
}

/** The Parse frame of `body` under another statement name; the rest stays byte for byte. */
export function renameParse(body: Uint8Array, name: string): Uint8Array {
  const reader = new BodyReader(body);
  reader.cstring();
  return new FrameWriter(body.length + 64)
    .begin(ClientMessage.Parse)
    .cstring(name)
    .bytes(reader.rest())
    .end()
    .take();
}

/** The Bind frame of `body` for another statement name; portal and values stay byte for byte. */
export function renameBind(body: Uint8Array, statement: string): Uint8Array {
  const { portal, restOffset } = decodeBind(body);
  return new FrameWriter(body.length + 64)
    .begin(ClientMessage.Bind)
    .cstring(portal)
    .cstring(statement)
    .bytes(body.subarray(restOffset))
    .end()
    .take();
}

export function parseComplete(): Uint8Array {
  return emptyFrame(ServerMessage.ParseComplete);
}

export function bindComplete(): Uint8Array {
  return emptyFrame(ServerMessage.BindComplete);
}

export function closeComplete(): Uint8Array {
  return emptyFrame(ServerMessage.CloseComplete);
}

export function noData(): Uint8Array {
  return emptyFrame(ServerMessage.NoData);
}

export function portalSuspended(): Uint8Array {
  return emptyFrame(ServerMessage.PortalSuspended);
}

function named(type: number, kind: NamedKind, name: string): Uint8Array {
  return new FrameWriter().begin(type).byte(kind.charCodeAt(0)).cstring(name).end().take();
}

function decodeNamed(body: Uint8Array, wrongKind: string): { kind: NamedKind; name: string } {
  const reader = new BodyReader(body);
  const letter = String.fromCharCode(reader.byte());
  if (letter !== 'S' && letter !== 'P') throw new ProtocolViolation(wrongKind);
  const name = reader.cstring();
  reader.finish();
  return { kind: letter, name };
}
