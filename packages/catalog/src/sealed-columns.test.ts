// The list of sealed columns is complete: one that is missing would be lost with the key that sealed it.
import { getTableName, is, type Table } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import * as schema from './schema.ts';
import { sealedColumns } from './sealed-columns.ts';

const nameOf = (table: Table, column: { readonly name: string }) => `${getTableName(table)}.${column.name}`;

test('every column that is called sealed is sealed again in a rotation, by the key of its table', () => {
  const tables = Object.values(schema).filter((value) => is(value, PgTable));
  const called = tables.flatMap((table) =>
    getTableConfig(table)
      .columns.filter(({ name }) => name.endsWith('sealed'))
      .map((column) => nameOf(table, column)),
  );
  expect(sealedColumns.map(({ table, column }) => nameOf(table, column)).sort()).toEqual(called.sort());
});
