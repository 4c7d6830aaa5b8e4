// What the doctor sees in a string without connecting.
import { readConnectionString } from '@weir/tenancy';
import { expect, test } from 'vitest';
import { type Purpose, stringFindings, unreadableFinding } from './string-findings.ts';

const endpoint = 'ep-calm-river-a1b2c3';
const pooled = `postgresql://app:pw@${endpoint}-pooler.db.example:5432/app`;
const direct = `postgresql://app:pw@${endpoint}.db.example:5432/app`;

function codes(text: string, purpose: Purpose | null = null): string[] {
  return stringFindings(readConnectionString(text)!, purpose).map((one) => `${one.severity} ${one.code}`);
}

test('the string that the dashboard gives has nothing against it', () => {
  expect(codes(`${pooled}?sslmode=verify-full`, 'application')).toEqual([]);
  expect(codes(`${direct}?sslmode=verify-full`, 'migrations')).toEqual([]);
});

test.each([
  { text: `${pooled}?sslmode=verify-full`, purpose: 'migrations', finds: ['warning wrong-side'] },
  { text: `${direct}?sslmode=verify-full`, purpose: 'application', finds: ['warning wrong-side'] },
  { text: pooled, purpose: null, finds: ['warning tls-not-asked'] },
  { text: `${pooled}?sslmode=prefer`, purpose: null, finds: ['warning tls-not-asked'] },
  { text: `${pooled}?sslmode=require`, purpose: null, finds: ['note tls-unverified'] },
  { text: `${pooled}?sslmode=disable`, purpose: null, finds: ['error tls-off', 'error sni-missing'] },
  { text: `${pooled}?sslmode=verify-full&sslsni=0`, purpose: null, finds: ['error sni-missing'] },
  {
    text: `${pooled}?sslmode=verify-full&pgbouncer=true&prepareThreshold=0`,
    purpose: null,
    finds: ['note parameter-needless', 'note parameter-needless'],
  },
  {
    text: `postgresql://app:pw@db.example/app?sslmode=verify-full`,
    purpose: null,
    finds: ['error endpoint-missing'],
  },
  {
    text: `${pooled}?sslmode=verify-full&options=endpoint%3D${endpoint}`,
    purpose: null,
    finds: ['error endpoint-conflict'],
  },
  {
    text: `postgresql://app.${endpoint}@127.0.0.1/app?sslmode=verify-full`,
    purpose: null,
    finds: ['warning password-missing'],
  },
] as const)('$text for $purpose: $finds', ({ text, purpose, finds }) => {
  expect(codes(text, purpose)).toEqual(finds);
});

test('what is no string is told apart', () => {
  expect(unreadableFinding('db.example:5432').hint).toContain('begins with postgresql://');
  expect(unreadableFinding('postgresql://a:p@ss@h/d').hint).toContain('percent-encode');
  expect(unreadableFinding('postgresql://a:p#s@h/d').hint).toContain('percent-encode');
  expect(unreadableFinding('postgresql://h:port/d').hint).toContain('the form is');
});
