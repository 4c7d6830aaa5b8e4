// The simple query, the messages that end things, FunctionCall, and the server's answers that carry no rows.
import { BodyReader } from '../body-reader.ts';
import { emptyFrame, FrameWriter } from '../frame-writer.ts';
import { ClientMessage, ServerMessage } from '../message-type.ts';
import { ProtocolViolation } from '../protocol-violation.ts';

export function query(text: string): Uint8Array {
  return new FrameWriter(256).begin(ClientMessage.Query).cstring(text).end().take();
}

/** The SQL text. Throws ProtocolViolation. */
export function decodeQuery(body: Uint8Array): string {
  const reader = new BodyReader(body);
  const text = reader.cstring();
  reader.finish();
  return text;
}

export function flush(): Uint8Array {
  return emptyFrame(ClientMessage.Flush);
}

export function sync(): Uint8Array {
  return emptyFrame(ClientMessage.Sync);
}

export function terminate(): Uint8Array {
  return emptyFrame(ClientMessage.Terminate);
}

/** A fast-path call; formats as in Bind: none, one for all, or one each (0 text, 1 binary). */
export function functionCall(
  functionOid: number,
  values: readonly (string | Uint8Array | null)[],
  options: { argumentFormats?: readonly number[]; resultFormat?: number } = {},
): Uint8Array {
  const formats = options.argumentFormats ?? [];
  const writer = new FrameWriter().begin(ClientMessage.FunctionCall).int32(functionOid).int16(formats.length);
  for (const format of formats) writer.int16(format);
  writer.int16(values.length);
  for (const value of values) writer.value(value);
  return writer
    .int16(options.resultFormat ?? 0)
    .end()
    .take();
}

export function functionCallResponse(value: string | Uint8Array | null): Uint8Array {
  return new FrameWriter().begin(ServerMessage.FunctionCallResponse).value(value).end().take();
}

export function commandComplete(tag: string): Uint8Array {
  return new FrameWriter().begin(ServerMessage.CommandComplete).cstring(tag).end().take();
}

/** The command tag, such as `SELECT 3`. Throws ProtocolViolation. */
export function decodeCommandComplete(body: Uint8Array): string {
  const reader = new BodyReader(body);
  const tag = reader.cstring();
  reader.finish();
  return tag;
}

export function emptyQueryResponse(): Uint8Array {
  return emptyFrame(ServerMessage.EmptyQueryResponse);
}

export function notificationResponse(processId: number, channel: string, payload: string): Uint8Array {
  return new FrameWriter()
    .begin(ServerMessage.NotificationResponse)
    .int32(processId)
    .cstring(channel)
    .cstring(payload)
    .end()
    .take();
}

/** Throws ProtocolViolation. */
export function decodeNotification(body: Uint8Array): {
  processId: number;
  channel: string;
  payload: string;
} {
  const reader = new BodyReader(body);
  const processId = reader.int32();
  const channel = reader.cstring();
  const payload = reader.cstring();
  if (reader.remaining !== 0) throw new ProtocolViolation('invalid message format');
  return { processId, channel, payload };
}
