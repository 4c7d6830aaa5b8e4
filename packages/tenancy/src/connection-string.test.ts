// Connection strings, read back by the URL parser that most clients build on.
import { expect, test } from 'vitest';
import {
  connectionString,
  endpointOptionString,
  endpointStrings,
  readConnectionString,
} from './connection-string.ts';

test('every part survives the trip through a URL', () => {
  const awkward = 'p@ss:w/o?r#d%&=+ \'"!*()ü€';
  const url = new URL(
    connectionString({ role: 'r@le', password: awkward, host: 'h.example', port: 5432, database: 'my db/1' }),
  );
  expect(url.protocol).toBe('postgresql:');
  expect(decodeURIComponent(url.username)).toBe('r@le');
  expect(decodeURIComponent(url.password)).toBe(awkward);
  expect(decodeURIComponent(url.pathname.slice(1))).toBe('my db/1');
  expect(url.hostname).toBe('h.example');
  expect(url.port).toBe('5432');
  expect([...url.searchParams]).toEqual([['sslmode', 'require']]);
});

test('nothing in a string ends a quoted argument of a shell', () => {
  const text = connectionString({ role: 'a', password: `'"$(x)\`!`, host: 'h', port: 1, database: 'd' });
  expect(text).not.toMatch(/['"$`()!\s]/);
});

test('without a password the string has no colon for one', () => {
  expect(connectionString({ role: 'a', host: 'h', port: 1, database: 'd' })).toBe(
    'postgresql://a@h:1/d?sslmode=require',
  );
});

test('an IPv6 address stands in brackets, and parameters can replace sslmode', () => {
  expect(
    connectionString({ role: 'a', host: '::1', port: 1, database: 'd', params: { sslmode: 'verify-full' } }),
  ).toBe('postgresql://a@[::1]:1/d?sslmode=verify-full');
});

test('the options route names the endpoint and its side', () => {
  expect(
    endpointOptionString({
      role: 'a',
      password: 'b',
      port: 6000,
      database: 'd',
      endpointId: 'ep-x',
      pooled: true,
    }),
  ).toBe('postgresql://a:b@localhost:6000/d?sslmode=require&options=endpoint%3Dep-x-pooler');
});

test('an endpoint has four strings', () => {
  const input = { endpointId: 'ep-x', port: 5432, role: 'a', database: 'd' };
  expect(endpointStrings({ ...input, domain: 'db.localhost' })).toEqual({
    pooled: 'postgresql://a@ep-x-pooler.db.localhost:5432/d?sslmode=require',
    direct: 'postgresql://a@ep-x.db.localhost:5432/d?sslmode=require',
    pooledNoSni: 'postgresql://a@localhost:5432/d?sslmode=require&options=endpoint%3Dep-x-pooler',
    directNoSni: 'postgresql://a@localhost:5432/d?sslmode=require&options=endpoint%3Dep-x',
  });
  expect(endpointStrings({ ...input, domain: 'eu.example.com' }).pooledNoSni).toBe(
    'postgresql://a@ep-x-pooler.eu.example.com:5432/d?sslmode=require&options=endpoint%3Dep-x-pooler',
  );
});

test('a string is read back into its parts, whatever they hold', () => {
  const parts = {
    role: 'r@le:x',
    password: 'p@ss:w/o?r#d%&=+ \'"!*()ü€',
    host: '2001:db8::1',
    port: 6543,
    database: 'a/b?c#d&e=f+g;h:i@j$k l',
    params: { sslmode: 'verify-full', options: 'endpoint=ep-x' },
  };
  expect(readConnectionString(connectionString(parts))).toEqual(parts);
});

test('what a string leaves out is as libpq has it', () => {
  expect(readConnectionString('postgres://app@db.example')).toEqual({
    role: 'app',
    password: null,
    host: 'db.example',
    port: 5432,
    database: 'app',
    params: {},
  });
});

test.each(['', 'db.example:5432', 'mysql://a@b/c', 'postgres://a:b%zz@h/d', 'postgres://a@h1,h2/d'])(
  'what is no string of one host is not read: %s',
  (text) => {
    expect(readConnectionString(text)).toBeNull();
  },
);
