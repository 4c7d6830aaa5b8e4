// How a database URL becomes the upstream of a tenant.
import { expect, test } from 'vitest';
import { upstreamOf } from './tenants.ts';

test('a URL is taken apart, with its escapes undone and the usual port filled in', () => {
  expect(upstreamOf('postgresql://a%40b:p%3A%2F@db.example.com/my%20db')).toEqual({
    host: 'db.example.com',
    port: 5432,
    user: 'a@b',
    password: 'p:/',
    database: 'my db',
  });
  expect(upstreamOf('postgres://u:p@[2001:db8::1]:6000/d')).toMatchObject({
    host: '2001:db8::1',
    port: 6000,
  });
  expect(() => upstreamOf('db.example.com')).toThrow('--url is not a URL');
});
