// No secret gets through, by its field's name or by its shape in a text, and what is no secret stays readable.
import { expect, test } from 'vitest';
import { redact, redacted, redactText } from './redact.ts';

const secret = 'hunter2';

test.each([
  `postgres://app:${secret}@db.example.com:5432/app`,
  `postgresql://app:${secret}@db.example.com/app?sslmode=require`,
  `redis://:${secret}@cache.example.com:6379/0`,
  `rediss://default:${secret}@cache.example.com`,
  `https://key:${secret}@example.com/hook`,
  `postgres://app:with@at${secret}@db.example.com/app`,
  `postgres://app:with/slash${secret}@db.example.com/app`,
  `connecting to "postgres://app:${secret}@db" and 'redis://:${secret}@r' failed`,
  `host=db user=app password=${secret} dbname=app`,
  `host=db password = '${secret} with \\' quote' dbname=app`,
  `postgres://db.example.com/app?user=app&password=${secret}&sslmode=require`,
  `PGPASSWORD=${secret} psql`,
  `ALTER ROLE app PASSWORD '${secret}'`,
  `create role app with login encrypted password E'it''s ${secret}' valid until 'infinity'`,
  `{"user":"app","password":"${secret}"}`,
  `{"user":"app","password": "quote \\" ${secret}"}`,
  `ALTER ROLE app PASSWORD '${secret} that never ends`,
])('the secret in %s is cut out', (text) => {
  const clean = redactText(text);
  expect(clean).toContain(redacted);
  expect(clean).not.toContain(secret);
});

test('verifiers and md5 passwords are cut out', () => {
  const verifier = 'SCRAM-SHA-256$4096:c2FsdHNhbHQ=$c3RvcmVk:c2VydmVy';
  expect(redactText(`stored ${verifier} for app`)).toBe(`stored ${redacted} for app`);
  expect(redactText(`was md5${'0a'.repeat(16)}.`)).toBe(`was ${redacted}.`);
});

test.each([
  'postgres://db.example.com:5432/app',
  'postgres://app@db.example.com:5432/app',
  'password authentication failed for user "app"',
  'no server connection became free within 15 s',
  'listening on http://127.0.0.1:9127/metrics',
  'the password is missing',
  'SCRAM-SHA-256-PLUS was chosen',
  'file packages/md5.ts',
])('%s is left as it is', (text) => {
  expect(redactText(text)).toBe(text);
});

test('a long and odd text is read in little time', { timeout: 60_000 }, () => {
  const begun = performance.now();
  const pieces = [
    'a',
    ' ',
    "'",
    'password ',
    "password='",
    'password="\\',
    'x://',
    'x://a:',
    '@',
    'md5',
    '\\',
    "E'",
  ];
  for (const piece of pieces) redactText(`password= x://a:${piece.repeat(20_000)}`);
  // A quadratic expression takes minutes here, a linear one milliseconds.
  expect(performance.now() - begun).toBeLessThan(20_000);
});

test('fields with the name of a secret are cut out, however deep and however spelled', () => {
  const value = {
    password: secret,
    upstreamPassword: secret,
    PASSWORD: secret,
    verifier: secret,
    clientKey: new Uint8Array(4),
    scramKeys: { clientKey: secret },
    secretKey: Buffer.from(secret),
    sealKeys: [{ id: 'k1', secret }],
    headers: { authorization: `Bearer ${secret}`, cookie: secret },
    list: [{ nested: { apiKey: secret } }],
    map: new Map([['password', secret]]),
  };
  const text = JSON.stringify(redact(value));
  expect(text).not.toContain(secret);
  expect(text).not.toContain('[104');
});

test('facts beside the secrets stay: their absence, whose they are, numbers, dates', () => {
  const value = {
    password: null,
    hasPassword: true,
    verifier: undefined,
    verifierIsServers: false,
    endpoint: 'ep-quiet-heron-a1b2c3',
    waitMs: 12.5,
    at: new Date(0),
    processId: 7n,
  };
  expect(redact(value)).toEqual({ ...value, processId: '7' });
});

test('an error keeps its kind, code and cause, and loses the secrets in its texts', () => {
  const cause = Object.assign(new Error(`cannot dial postgres://app:${secret}@db`), { code: 'ECONNREFUSED' });
  const error = Object.assign(new TypeError(`login with password=${secret} failed`, { cause }), {
    password: secret,
  });
  const clean = redact({ err: error }) as { err: Record<string, never> };
  expect(JSON.stringify(clean)).not.toContain(secret);
  expect(clean.err).toMatchObject({ type: 'TypeError', cause: { type: 'Error', code: 'ECONNREFUSED' } });
  expect(String(clean.err.stack)).toContain('redact.test.ts');
});

test('cycles and depths end, and bytes are never shown', () => {
  const cycle: Record<string, unknown> = { bytes: Buffer.from(secret) };
  cycle.self = cycle;
  const text = JSON.stringify(redact(cycle));
  expect(text).toContain('[too deep]');
  expect(text).toContain(`[${secret.length} bytes]`);
});

test('a field named __proto__ stays a field', () => {
  const clean = redact(JSON.parse('{"__proto__":{"polluted":true}}')) as Record<string, unknown>;
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(Object.keys(clean)).toEqual(['__proto__']);
});
