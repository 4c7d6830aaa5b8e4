// Settings as they are typed: back and forth without loss, and with a word on each that cannot be.
import { defaultEndpointSettings, settingsFor } from '@weir/tenancy';
import { expect, test } from 'vitest';
import { poolSettingFields, readDuration, readSettings, settingFields, textsOf } from './setting-fields.ts';

const settings = { ...defaultEndpointSettings, poolSize: 1_200, queryTimeoutMs: 90_500 };

test('the form has every setting of a pool, and those of the endpoint that are no lists', () => {
  expect(poolSettingFields.map(({ name }) => name).sort()).toEqual(
    Object.keys(settingsFor(settings, 'app', 'app')).sort(),
  );
  expect(settingFields.map(({ name }) => name).sort()).toEqual(
    Object.keys(settings)
      .filter((name) => !['overrides', 'allowedAddresses'].includes(name))
      .sort(),
  );
});

test('what is not touched is no change', () => {
  expect(readSettings(textsOf(settings), settings)).toEqual({ change: {}, faults: {} });
});

test('times are read with their units, counts with or without commas, and an empty count is none', () => {
  expect(['500 ms', '1.5s', '5 min', '1 h', '2d', '0'].map(readDuration)).toEqual([
    500, 1_500, 300_000, 3_600_000, 172_800_000, 0,
  ]);
  expect(['5', 'soon', '', '-1 s', '1 year'].map(readDuration)).toEqual(Array(5).fill(undefined));
  const texts = {
    ...textsOf(settings),
    poolSize: '',
    clientConnectionsMax: '20,000',
    queryTimeoutMs: '30 s',
  };
  expect(readSettings(texts, settings).change).toEqual({
    poolSize: null,
    clientConnectionsMax: 20_000,
    queryTimeoutMs: 30_000,
  });
});

test('what the API would not take is told at its field', () => {
  const texts = {
    ...textsOf(settings),
    poolSize: '0',
    queryWaitTimeoutMs: '50 ms',
    serverLifetimeMs: 'long',
    clientConnectionsMax: '',
  };
  expect(readSettings(texts, settings)).toEqual({
    change: {},
    faults: {
      poolSize: 'Must be at least 1.',
      queryWaitTimeoutMs: 'Must be at least 100 ms.',
      serverLifetimeMs: 'Write a time as 500 ms, 30 s, 5 min or 1 h.',
      clientConnectionsMax: 'Must not be empty.',
    },
  });
});
