// The calculator: the same numbers as Weir's own, and a word on each that cannot be.
import { computeSizing, gibibyte } from '@weir/tenancy';
import { expect, test } from 'vitest';
import { readSizing, sizingFormOf } from './sizing-form.ts';

const twelve = computeSizing({ ramBytes: 12 * gibibyte, maxConnections: 500, reservedConnections: 3 });

test('a sizing is read back as it was typed out', () => {
  expect(readSizing(sizingFormOf(twelve))).toEqual({ sizing: twelve, faults: {} });
});

test('without what the server allows memory and cap decide', () => {
  const { sizing } = readSizing({ ...sizingFormOf(twelve), maxConnections: '', reservedConnections: '' });
  expect(sizing!.budget).toBe(1351 - 7);
});

test('what is no number is told at its field, and there is no sizing then', () => {
  const { sizing, faults } = readSizing({ ...sizingFormOf(twelve), ramGb: 'much', cap: '0', reserve: '-1' });
  expect(sizing).toBeNull();
  expect(Object.keys(faults)).toEqual(['ramGb', 'cap', 'reserve']);
});
