// COPY: its data in both directions, its ends, and the server's responses that begin it.
import { BodyReader } from '../body-reader.ts';
import { emptyFrame, FrameWriter } from '../frame-writer.ts';
import { ClientMessage, ServerMessage } from '../message-type.ts';

/** How COPY data is formatted as a whole and column by column (0 text, 1 binary). */
export interface CopyFormats {
  readonly format: number;
  readonly columnFormats: readonly number[];
}

/** The same frame in both directions. */
export function copyData(bytes: Uint8Array): Uint8Array {
  return new FrameWriter(5 + bytes.length).begin(ClientMessage.CopyData).bytes(bytes).end().take();
}

/** The same frame in both directions. */
export function copyDone(): Uint8Array {
  return emptyFrame(ClientMessage.CopyDone);
}

export function copyFail(reason: string): Uint8Array {
  return new FrameWriter().begin(ClientMessage.CopyFail).cstring(reason).end().take();
}

/** Throws ProtocolViolation. */
export function decodeCopyFail(body: Uint8Array): string {
  const reader = new BodyReader(body);
  const reason = reader.cstring();
  reader.finish();
  return reason;
}

export function copyInResponse(formats: CopyFormats): Uint8Array {
  return copyResponse(ServerMessage.CopyInResponse, formats);
}

export function copyOutResponse(formats: CopyFormats): Uint8Array {
  return copyResponse(ServerMessage.CopyOutResponse, formats);
}

/** Only physical and logical replication use it. */
export function copyBothResponse(formats: CopyFormats): Uint8Array {
  return copyResponse(ServerMessage.CopyBothResponse, formats);
}

/** Formats of a CopyIn-, CopyOut- or CopyBothResponse. Throws ProtocolViolation. */
export function decodeCopyResponse(body: Uint8Array): CopyFormats {
  const reader = new BodyReader(body);
  const format = reader.byte();
  const count = reader.count(2);
  const columnFormats: number[] = [];
  for (let i = 0; i < count; i++) columnFormats.push(reader.int16());
  reader.finish();
  return { format, columnFormats };
}

function copyResponse(type: number, formats: CopyFormats): Uint8Array {
  const writer = new FrameWriter().begin(type).byte(formats.format).int16(formats.columnFormats.length);
  for (const format of formats.columnFormats) writer.int16(format);
  return writer.end().take();
}
