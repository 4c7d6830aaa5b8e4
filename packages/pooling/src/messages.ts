// The few whole messages that the pooling core itself sends, made once or put into an OutBuffer.
import { encodeUtf8, errorResponse, writeInt32 } from '@weir/protocol';
import type { OutBuffer } from './out-buffer.ts';
import type { UnnamedStatement } from './prepared-statements.ts';

/** Replies that are made up for requests which were never sent. */
export const parseCompleteFrame = new Uint8Array([0x31, 0, 0, 0, 4]);
export const closeCompleteFrame = new Uint8Array([0x33, 0, 0, 0, 4]);
/** CommandComplete «DEALLOCATE». */
export const deallocatedFrame = new Uint8Array([
  0x43, 0, 0, 0, 15, 0x44, 0x45, 0x41, 0x4c, 0x4c, 0x4f, 0x43, 0x41, 0x54, 0x45, 0,
]);
/** What Postgres says to a simple query in a transaction that has failed. */
export const transactionAbortedFrame = errorResponse({
  severity: 'ERROR',
  code: '25P02',
  message: 'current transaction is aborted, commands ignored until end of transaction block',
  routine: 'exec_simple_query',
});
export const readyIdleFrame = new Uint8Array([0x5a, 0, 0, 0, 5, 0x49]);

const noName = new Uint8Array(0);

/** Close of a statement; without a name it makes sure that there is no unnamed one. */
export function addCloseStatement(out: OutBuffer, name: Uint8Array = noName): void {
  out.addHeader(0x43, 1 + name.length + 1);
  out.addByte(0x53);
  out.add(name);
  out.addByte(0);
}

/** Parse of a remembered statement under `name`. */
export function addParse(out: OutBuffer, name: Uint8Array | null, statement: UnnamedStatement): void {
  const bytes = name ?? noName;
  out.addHeader(0x50, bytes.length + 1 + statement.payload.length);
  out.add(bytes);
  out.addByte(0);
  out.add(statement.payload);
}

/** The same as one frame. */
export function parseFrame(name: Uint8Array | null, statement: UnnamedStatement): Uint8Array {
  const bytes = name ?? noName;
  const frame = new Uint8Array(5 + bytes.length + 1 + statement.payload.length + 5);
  const length = 4 + bytes.length + 1 + statement.payload.length;
  frame[0] = 0x50;
  writeInt32(frame, 1, length);
  frame.set(bytes, 5);
  frame.set(statement.payload, 5 + bytes.length + 1);
  // And a Sync, so that one that fails takes no other with it.
  frame.set([0x53, 0, 0, 0, 4], length + 1);
  return frame;
}

/** What a Parse message has behind the name: the text and the types of its parameters. */
export function parsePayload(text: string, parameterTypes: readonly number[]): Uint8Array {
  const bytes = encodeUtf8(text);
  const payload = new Uint8Array(bytes.length + 1 + 2 + 4 * parameterTypes.length);
  payload.set(bytes);
  payload[bytes.length + 1] = parameterTypes.length >>> 8;
  payload[bytes.length + 2] = parameterTypes.length;
  for (const [index, oid] of parameterTypes.entries()) writeInt32(payload, bytes.length + 3 + 4 * index, oid);
  return payload;
}

/** A simple query as one frame. */
export function queryFrame(text: string): Uint8Array {
  const body = encodeUtf8(text);
  const frame = new Uint8Array(body.length + 6);
  const length = body.length + 5;
  frame[0] = 0x51;
  writeInt32(frame, 1, length);
  frame.set(body, 5);
  return frame;
}

/** ParameterStatus frames for what differs between `told` and `actual`. */
export function parameterDifferences(
  told: ReadonlyMap<string, string>,
  actual: ReadonlyMap<string, string>,
): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const [name, value] of actual) {
    if (told.get(name) === value) continue;
    const body = encodeUtf8(`${name}\0${value}\0`);
    const frame = new Uint8Array(body.length + 5);
    const length = body.length + 4;
    frame[0] = 0x53;
    writeInt32(frame, 1, length);
    frame.set(body, 5);
    frames.push(frame);
  }
  return frames;
}
