// RowDescription, DataRow and ParameterDescription: what a result looks like, and its rows.
import { BodyReader } from '../body-reader.ts';
import { FrameWriter } from '../frame-writer.ts';
import { ServerMessage } from '../message-type.ts';

/** One column of a RowDescription. */
export interface Column {
  readonly name: string;
  /** 0 if the column is not a table's. */
  readonly tableOid: number;
  readonly columnNumber: number;
  readonly typeOid: number;
  /** Negative: a variable width. */
  readonly typeBytes: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary. */
  readonly format: number;
}

const textTypeOid = 25;

/** Columns of type text in text format unless told otherwise. */
export function rowDescription(columns: readonly (Partial<Column> & Pick<Column, 'name'>)[]): Uint8Array {
  const writer = new FrameWriter(256).begin(ServerMessage.RowDescription).int16(columns.length);
  for (const column of columns) {
    writer
      .cstring(column.name)
      .int32(column.tableOid ?? 0)
      .int16(column.columnNumber ?? 0)
      .int32(column.typeOid ?? textTypeOid)
      .int16(column.typeBytes ?? -1)
      .int32(column.typeModifier ?? -1)
      .int16(column.format ?? 0);
  }
  return writer.end().take();
}

/** Throws ProtocolViolation. */
export function decodeRowDescription(body: Uint8Array): Column[] {
  const reader = new BodyReader(body);
  const count = reader.count(19);
  const columns: Column[] = [];
  for (let i = 0; i < count; i++) {
    columns.push({
      name: reader.cstring(),
      tableOid: reader.oid(),
      columnNumber: reader.int16(),
      typeOid: reader.oid(),
      typeBytes: reader.int16(),
      typeModifier: reader.int32(),
      format: reader.int16(),
    });
  }
  reader.finish();
  return columns;
}

/** Values as text, as bytes, or null. */
export function dataRow(values: readonly (string | Uint8Array | null)[]): Uint8Array {
  const writer = new FrameWriter(256).begin(ServerMessage.DataRow).int16(values.length);
  for (const value of values) writer.value(value);
  return writer.end().take();
}

/** Values as views on the body. Throws ProtocolViolation. */
export function decodeDataRow(body: Uint8Array): (Uint8Array | null)[] {
  const reader = new BodyReader(body);
  const count = reader.count(4);
  const values: (Uint8Array | null)[] = [];
  for (let i = 0; i < count; i++) values.push(reader.value());
  reader.finish();
  return values;
}

export function parameterDescription(typeOids: readonly number[]): Uint8Array {
  const writer = new FrameWriter().begin(ServerMessage.ParameterDescription).int16(typeOids.length);
  for (const oid of typeOids) writer.int32(oid);
  return writer.end().take();
}

/** Throws ProtocolViolation. */
export function decodeParameterDescription(body: Uint8Array): number[] {
  const reader = new BodyReader(body);
  const count = reader.count(4);
  const typeOids: number[] = [];
  for (let i = 0; i < count; i++) typeOids.push(reader.oid());
  reader.finish();
  return typeOids;
}
