// Which settings hold for one pool, and what an older release's record is filled with.
import { expect, test } from 'vitest';
import type { EndpointSettings, SettingsOverride } from './published-endpoint.ts';
import { completeSettings, defaultEndpointSettings, settingsFor } from './settings.ts';

function withOverrides(...overrides: SettingsOverride[]): EndpointSettings {
  return { ...defaultEndpointSettings, queryTimeoutMs: 1, overrides };
}

const ofDatabase = { database: 'shop', role: null, settings: { queryTimeoutMs: 2 } } as const;
const ofRole = { database: null, role: 'app', settings: { queryTimeoutMs: 3 } } as const;
const ofBoth = { database: 'shop', role: 'app', settings: { queryTimeoutMs: 4 } } as const;

test('the most specific override wins, in whichever order they stand', () => {
  for (const overrides of [
    [ofDatabase, ofRole, ofBoth],
    [ofBoth, ofRole, ofDatabase],
    [ofRole, ofBoth, ofDatabase],
  ]) {
    const timeoutOf = (role: string, database: string) =>
      settingsFor(withOverrides(...overrides), role, database).queryTimeoutMs;
    expect(timeoutOf('app', 'shop')).toBe(4);
    expect(timeoutOf('app', 'other')).toBe(3);
    expect(timeoutOf('other', 'shop')).toBe(2);
    expect(timeoutOf('other', 'other')).toBe(1);
  }
});

test('each setting is taken from the most specific override that has it', () => {
  const settings = withOverrides(
    { ...ofDatabase, settings: { mode: 'session', poolSize: 9, queryTimeoutMs: 2 } },
    { ...ofRole, settings: { stateTracking: 'off', poolSize: null } },
    ofBoth,
  );
  expect(settingsFor(settings, 'app', 'shop')).toMatchObject({
    mode: 'session',
    stateTracking: 'off',
    // Null is a choice of its own: as the budget allows.
    poolSize: null,
    queryTimeoutMs: 4,
    serverLifetimeMs: defaultEndpointSettings.serverLifetimeMs,
  });
});

test('names are compared exactly, and an override of every role and database comes last', () => {
  const settings = withOverrides(
    { database: null, role: null, settings: { queryTimeoutMs: 5 } },
    { database: null, role: 'App', settings: { queryTimeoutMs: 6 } },
  );
  expect(settingsFor(settings, 'app', 'shop').queryTimeoutMs).toBe(5);
  expect(settingsFor(settings, 'App', 'shop').queryTimeoutMs).toBe(6);
});

test('a setting that is there without a value overrides nothing', () => {
  const settings = withOverrides({ ...ofRole, settings: { queryTimeoutMs: undefined } });
  expect(settingsFor(settings, 'app', 'shop').queryTimeoutMs).toBe(1);
});

test('what holds for a pool has neither overrides nor what belongs to the whole endpoint', () => {
  const names = Object.keys(settingsFor(withOverrides(ofBoth), 'app', 'shop'));
  for (const name of ['overrides', 'clientConnectionsMax', 'requireTls']) expect(names).not.toContain(name);
});

test('settings of a release that knew fewer are filled with the defaults', () => {
  expect(completeSettings({ poolSize: 5, requireTls: false, mode: undefined })).toEqual({
    ...defaultEndpointSettings,
    poolSize: 5,
    requireTls: false,
  });
});
