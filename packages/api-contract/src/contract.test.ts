// What the API's schemas take and refuse, and which field they name.
import { expect, test } from 'vitest';
import { changeEndpointBodySchema, createTenantBodySchema, pageQuerySchema, ramBytesOf } from './index.ts';

const body = {
  name: 'Shop',
  upstream: { host: 'db.example.com', database: 'shop', user: 'app', password: 's3cret' },
  computeRamGb: 1,
};

/** The dotted paths of what a schema refuses. */
function fieldsOf(result: { success: boolean; error?: { issues: { path: PropertyKey[]; code: string }[] } }) {
  expect(result.success).toBe(false);
  return result.error!.issues.map((issue) => issue.path.join('.'));
}

test('a small body is enough, and defaults fill the rest', () => {
  const parsed = createTenantBodySchema.parse(body);
  expect(parsed.upstream.port).toBe(5432);
  expect(parsed.upstream.tlsMode).toBe('require');
  expect(ramBytesOf(parsed)).toBe(1_073_741_824);
});

test('unknown fields are refused at every depth', () => {
  for (const wrong of [
    { ...body, colour: 'red' },
    { ...body, upstream: { ...body.upstream, sslmode: 'require' } },
    { ...body, settings: { poolsize: 5 } },
    { ...body, sizing: { divisor: 5 } },
  ]) {
    const result = createTenantBodySchema.safeParse(wrong);
    expect(result.success).toBe(false);
    expect(result.error!.issues[0]!.code).toBe('unrecognized_keys');
  }
});

test('exactly one way to name memory is taken', () => {
  const { computeRamGb: _, ...without } = body;
  expect(fieldsOf(createTenantBodySchema.safeParse(without))).toEqual(['computeRamBytes']);
  expect(fieldsOf(createTenantBodySchema.safeParse({ ...body, computeRamBytes: 5 }))).toEqual([
    'computeRamBytes',
  ]);
  expect(ramBytesOf({ computeRamBytes: 5 })).toBe(5);
  expect(ramBytesOf({})).toBeNull();
});

test('the field at fault is named by its path', () => {
  const upstream = (change: object) =>
    createTenantBodySchema.safeParse({ ...body, upstream: { ...body.upstream, ...change } });
  expect(fieldsOf(upstream({ port: 70_000 }))).toEqual(['upstream.port']);
  expect(fieldsOf(upstream({ host: 'https://db' }))).toEqual(['upstream.host']);
  expect(fieldsOf(upstream({ tlsMode: 'prefer' }))).toEqual(['upstream.tlsMode']);
  expect(fieldsOf(upstream({ user: 'é'.repeat(32) }))).toEqual(['upstream.user']);
  expect(fieldsOf(upstream({ password: 'a\0b' }))).toEqual(['upstream.password']);
  expect(fieldsOf(createTenantBodySchema.safeParse({ ...body, name: '  ' }))).toEqual(['name']);
});

/** The fields that a change of settings is refused for, or `taken`. */
function changeOf(settings: unknown): string[] | 'taken' {
  const result = changeEndpointBodySchema.safeParse({ settings });
  return result.success ? 'taken' : fieldsOf(result);
}

test('times may be as long as a month, or off, pins are counted from one, and a minimum from none', () => {
  const times = [
    'pinIdleTimeoutMs',
    'clientIdleTimeoutMs',
    'idleInTransactionTimeoutMs',
    'queryTimeoutMs',
    'transactionTimeoutMs',
  ];
  for (const name of times) {
    for (const ms of [0, 1, 2_592_000_000]) expect(changeOf({ [name]: ms })).toBe('taken');
    for (const ms of [-1, 1.5, 2_592_000_001, null, '5']) {
      expect(changeOf({ [name]: ms })).toEqual([`settings.${name}`]);
    }
  }
  for (const pins of [1, 100_000, null]) expect(changeOf({ pinsMax: pins })).toBe('taken');
  for (const pins of [0, 100_001]) expect(changeOf({ pinsMax: pins })).toEqual(['settings.pinsMax']);
  for (const least of [0, 100_000]) expect(changeOf({ poolSizeMin: least })).toBe('taken');
  for (const least of [-1, 100_001, null])
    expect(changeOf({ poolSizeMin: least })).toEqual(['settings.poolSizeMin']);
  expect(changeOf({ mode: 'session', stateTracking: 'strict' })).toBe('taken');
  expect(changeOf({ mode: 'Session', stateTracking: 'on' })).toEqual([
    'settings.mode',
    'settings.stateTracking',
  ]);
});

test('an override names a role, a database or both, and what is left out stands for every one', () => {
  const settings = { mode: 'session' as const };
  const parsed = changeEndpointBodySchema.parse({ settings: { overrides: [{ role: 'app', settings }] } });
  expect(parsed.settings!.overrides).toEqual([{ role: 'app', database: null, settings }]);
  const faultOf = (override: unknown) => changeOf({ overrides: [{ role: 'other', settings }, override] });
  expect(faultOf({ settings })).toEqual(['settings.overrides.1.role']);
  expect(faultOf({ role: 'a', database: '', settings })).toEqual(['settings.overrides.1.database']);
  expect(faultOf({ role: '\ud800', settings })).toEqual(['settings.overrides.1.role']);
  expect(faultOf({ role: '\u{1f40d}', settings })).toBe('taken');
  expect(faultOf({ role: 'a' })).toEqual(['settings.overrides.1.settings']);
  expect(faultOf({ role: 'a', settings: { pinsMax: 0 } })).toEqual(['settings.overrides.1.settings.pinsMax']);
  // They belong to the whole endpoint: a client is counted, and asked for TLS, before its role is known.
  for (const name of ['requireTls', 'clientConnectionsMax', 'overrides', 'poolsize']) {
    expect(faultOf({ role: 'a', settings: { [name]: 1 } })).toEqual(['settings.overrides.1.settings']);
  }
});

test('two overrides for one pair are refused by the second, and more than 64 altogether', () => {
  const of = (role: string | null, database?: string | null) => ({ role, database, settings: {} });
  expect(changeOf({ overrides: [of('a'), of(null, 'a'), of('a', 'a'), of('b')] })).toBe('taken');
  expect(changeOf({ overrides: [of('a'), of('b'), of('a', null)] })).toEqual(['settings.overrides.2']);
  const many = Array.from({ length: 65 }, (_, index) => of(`role${index}`));
  expect(changeOf({ overrides: many.slice(1) })).toBe('taken');
  expect(changeOf({ overrides: many })).toEqual(['settings.overrides']);
});

test('a stored password is not carried to another server', () => {
  for (const upstream of [{ host: 'other' }, { port: 1 }, { user: 'other' }]) {
    expect(fieldsOf(changeEndpointBodySchema.safeParse({ upstream }))).toEqual(['upstream.password']);
    expect(changeEndpointBodySchema.safeParse({ upstream: { ...upstream, password: 'p' } }).success).toBe(
      true,
    );
  }
  expect(changeEndpointBodySchema.safeParse({ upstream: { tlsMode: 'verify-full' } }).success).toBe(true);
});

test('a page is limited, and says so by default', () => {
  expect(pageQuerySchema.parse({})).toEqual({ limit: 50 });
  expect(pageQuerySchema.safeParse({ limit: '500' }).success).toBe(false);
});

test('allowed addresses are IPv4 and IPv6 in plain or CIDR notation, and at least one', () => {
  const allowed = (allowedAddresses: unknown) => changeOf({ allowedAddresses });
  expect(allowed(['10.0.0.0/8', '203.0.113.7', '2001:db8::/32', '::1', '0.0.0.0/0'])).toBe('taken');
  expect(allowed(null)).toBe('taken');
  expect(allowed([])).toEqual(['settings.allowedAddresses']);
  for (const wrong of [
    '',
    'example.com',
    '10.0.0.0/33',
    '::1/129',
    '10.0.0',
    '::ffff:10.0.0.1',
    '1.2.3.4 ',
    'fe80::1%eth0',
  ])
    expect([wrong, allowed(['::1', wrong])]).toEqual([wrong, ['settings.allowedAddresses.1']]);
});
