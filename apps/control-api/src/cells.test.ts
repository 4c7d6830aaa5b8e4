// Which cell a new endpoint gets, and who may choose it.
import { expect, test } from 'vitest';
import { placeEndpoint, regionsOf } from './cells.ts';
import { ApiError } from './errors.ts';

const cells = [
  { region: 'eu', id: 'eu-1' },
  { region: 'eu', id: 'eu-2' },
  { region: 'us', id: 'us-1' },
];

function place(asked: { region?: string; cell?: string }, kept: readonly string[] = [], isOperator = false) {
  try {
    return placeEndpoint(cells, asked, { kept, isOperator }).id;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `${error.slug} ${error.faults?.[0]?.field ?? ''}`.trim();
  }
}

test('a tenant stays in its cell, and begins in the first, of the region that is asked for', () => {
  expect(place({})).toBe('eu-1');
  expect(place({ region: 'us' })).toBe('us-1');
  expect(place({}, ['us-1', 'eu-2'])).toBe('us-1');
  expect(place({ region: 'eu' }, ['us-1', 'eu-2'])).toBe('eu-2');
  // A cell that is not configured any more gets nothing new.
  expect(place({}, ['eu-0'])).toBe('eu-1');
});

test('whoever runs the installation may name a cell, in its region', () => {
  expect(place({ cell: 'eu-2' }, ['eu-1'], true)).toBe('eu-2');
  expect(place({ region: 'us', cell: 'us-1' }, [], true)).toBe('us-1');
  expect(place({ cell: 'eu-1' })).toBe('operator-only');
});

test('a region or cell that there is not is named, and so is a cell of another region', () => {
  expect(place({ region: 'ap' })).toBe('validation-failed region');
  expect(place({ cell: 'ap-1' }, [], true)).toBe('validation-failed cell');
  expect(place({ region: 'eu', cell: 'us-1' }, [], true)).toBe('validation-failed cell');
});

test('regions have their domains, in the order of their first cells', () => {
  expect(regionsOf([...cells, { region: 'default', id: 'old' }], 'db.example.com')).toEqual([
    { id: 'eu', domain: 'eu.db.example.com' },
    { id: 'us', domain: 'us.db.example.com' },
    { id: 'default', domain: 'db.example.com' },
  ]);
});
