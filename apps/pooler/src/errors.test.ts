// The table of errors, what a client reads of it, and docs/errors.md, which must have each code and no other.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { asPoolerError, PoolerError, poolerErrors } from './errors.ts';

const codes = Object.keys(poolerErrors) as (keyof typeof poolerErrors)[];
const documentation = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

test('every code stands in docs/errors.md with its SQLSTATE, its text and its cure, and no other does', () => {
  const section = documentation.split(/^## /m).find((part) => part.startsWith('Pooler'));
  const rows = [...section!.matchAll(/^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)];
  expect(rows.map(([, code]) => code)).toEqual(codes);
  for (const [, code, sqlstate, text, meaning, cure] of rows) {
    const row = poolerErrors[code as keyof typeof poolerErrors];
    expect(`${code} ${sqlstate!.trim()}`).toBe(`${code} ${row.sqlstate}`);
    expect(text!.trim()).toBe(`\`${row.message}\``);
    expect(meaning!.trim().length).toBeGreaterThan(10);
    expect(cure!.trim().length).toBeGreaterThan(3);
  }
});

test('texts follow Postgres: no capital at the start, no full stop; hints are whole sentences', () => {
  for (const code of codes) {
    const { message, hint } = poolerErrors[code];
    // A name such as SCRAM keeps its capitals.
    expect(message, code).toMatch(/^([a-z{]|SCRAM|TLS)/);
    expect(message, code).not.toMatch(/\.$/);
    if (hint !== undefined) expect(hint, code).toMatch(/^[A-Z].*\.$/);
  }
});

test('placeholders are filled from the data, and what is missing is named unknown', () => {
  const full = new PoolerError('CLIENT_LIMIT', { tenant: 'acme', limit: 5 });
  expect(full.message).toBe('tenant "acme" has 5 client connections open, which is its limit');
  expect(full.toFields()).toEqual({
    severity: 'FATAL',
    severityNonLocalized: 'FATAL',
    code: '53300',
    message: full.message,
    hint: poolerErrors.CLIENT_LIMIT.hint,
  });
  expect(new PoolerError('CLIENT_LIMIT', { tenant: 'acme' }).message).toContain('has unknown client');
});

test("the database's own refusal keeps its SQLSTATE, text, detail and hint", () => {
  const fields = {
    severity: 'FATAL',
    severityNonLocalized: 'FATAL',
    code: '3D000',
    message: 'database "x" does not exist',
    routine: 'InitPostgres',
  };
  const error = new PoolerError('SERVER_LOGIN_REFUSED', {}, { fields });
  expect([error.sqlstate, error.message, error.hint]).toEqual(['3D000', fields.message, undefined]);
  expect(error.toFields()).toEqual(fields);
});

test('what was not foreseen becomes an internal error that tells nothing of itself', () => {
  const cause = new TypeError('password is secret');
  const error = asPoolerError(cause);
  expect([error.code, error.sqlstate, error.cause]).toEqual(['INTERNAL', 'XX000', cause]);
  expect(JSON.stringify(error.toFields())).not.toContain('secret');
  expect(asPoolerError(error)).toBe(error);
});
