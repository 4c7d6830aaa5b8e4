// What is said of a change before it is made: each setting has its sentence, in both directions where they differ.
import { defaultEndpointSettings } from '@weir/tenancy';
import { expect, test } from 'vitest';
import { effectsOf } from './effects.ts';
import { type SettingValues, settingFields } from './setting-fields.ts';

const around = { budget: 105, clients: 40 };
const before: SettingValues = defaultEndpointSettings;

function saysOf(change: Parameters<typeof effectsOf>[1], from: SettingValues = before): string {
  return effectsOf(from, change, around)
    .map(({ says }) => says)
    .join(' ');
}

test('every setting of the form has an effect when it changes, and none when it does not', () => {
  const others: SettingValues = {
    mode: 'session',
    stateTracking: 'off',
    poolSize: 5,
    poolSizeMin: 3,
    pinsMax: 2,
    clientConnectionsMax: 30,
    requireTls: false,
    queryWaitTimeoutMs: 1000,
    serverIdleTimeoutMs: 1000,
    serverLifetimeMs: 1000,
    queryTimeoutMs: 1000,
    transactionTimeoutMs: 1000,
    idleInTransactionTimeoutMs: 1000,
    clientIdleTimeoutMs: 1000,
    pinIdleTimeoutMs: 1000,
  };
  const effects = effectsOf(before, others, around);
  expect(effects.map(({ name }) => name)).toEqual(settingFields.map(({ name }) => name));
  for (const { says } of effects) expect(says).toMatch(/\.$/);
  expect(effectsOf(before, before, around)).toEqual([]);
});

test('a smaller pool says what closes, a larger one what waiting clients get', () => {
  const smaller = effectsOf(before, { poolSize: 5 }, around)[0]!;
  expect([smaller.from, smaller.to]).toEqual(['budget', '5']);
  expect(smaller.says).toContain('none is dropped');
  expect(saysOf({ poolSize: 9 }, { ...before, poolSize: 5 })).toContain('4 more server connections');
  expect(saysOf({ poolSize: 500 })).toContain('whole budget of 105');
});

test('a minimum says how many are kept and for how long, and that it is none where servers are one client’s own', () => {
  expect(saysOf({ poolSizeMin: 3 })).toContain('keeps 3 open in each pooler process, and for 5 min after');
  expect(saysOf({ poolSizeMin: 300 })).toContain(
    'keeps 105 open in each pooler process, as no more are allowed',
  );
  expect(saysOf({ poolSizeMin: 3 }, { ...before, mode: 'session' })).toContain('Nothing in session mode');
  expect(saysOf({ poolSizeMin: 0 }, { ...before, poolSizeMin: 3 })).toContain('as clients want them');
});

test('fewer clients than are connected says how many are over', () => {
  expect(saysOf({ clientConnectionsMax: 30 })).toContain('10 clients more than that are connected now');
  expect(saysOf({ clientConnectionsMax: 50 })).not.toContain('connected now');
});

test('a limit of 0 says that there is none', () => {
  expect(saysOf({ queryTimeoutMs: 0 }, { ...before, queryTimeoutMs: 5 })).toContain(
    'No statement is cancelled',
  );
});
