// How settings are told: all of an endpoint, and the few that an override has.
import { defaultEndpointSettings, settingsFor } from '@weir/tenancy';
import { expect, test } from 'vitest';
import { settingRows } from './setting-rows.ts';

test('every setting of a pool has its row', () => {
  const settings = settingsFor(defaultEndpointSettings, 'app', 'app');
  const rows = settingRows(settings);
  expect(rows).toHaveLength(Object.keys(settings).length);
  expect(new Set(rows.map(({ label }) => label)).size).toBe(rows.length);
  expect(rows[0]).toEqual({ label: 'Pool mode', value: 'transaction' });
});

test('an override shows what it has, zero and null as what they mean', () => {
  expect(
    settingRows({ queryTimeoutMs: 0, pinIdleTimeoutMs: 300_000, poolSize: null, pinsMax: 1_200 }),
  ).toEqual([
    { label: 'Server connections a pool', value: 'as the budget allows' },
    { label: 'Pinned ones a pool', value: 'at most 1,200' },
    { label: 'A statement takes', value: 'no limit' },
    { label: 'Silence of a pinned client', value: 'at most 5 min' },
  ]);
});
