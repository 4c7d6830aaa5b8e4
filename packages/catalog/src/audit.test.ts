// Which fields of a thing the audit log says have changed.
import { expect, test } from 'vitest';
import { differences } from './audit.ts';

test('fields that differ are named by their path, with what they were and are', () => {
  const before = { name: 'a', settings: { size: 1, list: [1], mode: null }, kept: { deep: true } };
  const after = { name: 'b', settings: { size: 1, list: [1, 2], mode: 'x' }, kept: { deep: true } };
  expect(differences(before, after)).toEqual([
    { field: 'name', before: 'a', after: 'b' },
    { field: 'settings.list', before: [1], after: [1, 2] },
    { field: 'settings.mode', before: null, after: 'x' },
  ]);
});

test('what was not there, or is not any more, is null; what is null on both sides did not change', () => {
  expect(differences({}, { name: 'a', none: null })).toEqual([{ field: 'name', before: null, after: 'a' }]);
  expect(differences({ at: new Date(0) }, {})).toEqual([{ field: 'at', before: new Date(0), after: null }]);
});

test('a long text is cut', () => {
  const [change] = differences({}, { caPem: 'x'.repeat(5_000) });
  expect(change!.after).toHaveLength(1_001);
});
