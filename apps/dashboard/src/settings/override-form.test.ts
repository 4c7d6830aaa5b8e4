// The form of an override: only what was chosen is in it, and it takes its own place in the list.
import { defaultEndpointSettings } from '@weir/tenancy';
import { expect, test } from 'vitest';
import { formOf, listFault, readOverride, withOverride } from './override-form.ts';

const reports = { role: 'reports', database: null, settings: { poolSize: 3 } };
const nightly = { role: null, database: 'nightly', settings: { queryTimeoutMs: 0 } };

test('an override is read back as it was', () => {
  for (const one of [reports, nightly]) {
    expect(readOverride(formOf(one, defaultEndpointSettings))).toEqual({
      override: one,
      faults: {},
      fault: null,
    });
  }
});

test('an override for nobody, or of nothing, is told so', () => {
  const empty = formOf(null, defaultEndpointSettings);
  expect(readOverride(empty).fault).toBe('Name a role, a database or both.');
  expect(readOverride({ ...empty, role: 'app' }).fault).toBe('Choose at least one setting that differs.');
});

test('a list has it added, replaced or without it', () => {
  const list = [reports, nightly];
  const other = { ...reports, settings: { poolSize: 9 } };
  expect(withOverride(list, null, other)).toEqual([reports, nightly, other]);
  expect(withOverride(list, reports, other)).toEqual([other, nightly]);
  expect(withOverride(list, reports, null)).toEqual([nightly]);
  expect(listFault([reports, other])).toContain('put both into one');
  expect(listFault(list)).toBeNull();
});
