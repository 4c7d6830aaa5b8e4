// Where Redis is, as operators write it: each kind, and what is said of a text that is no address.
import { expect, test } from 'vitest';
import { parseRedisAddress } from './redis-address.ts';

test('one server is named by its URL', () => {
  const url = 'rediss://weir:secret@redis.example.com:6380/2';
  expect(parseRedisAddress(url)).toEqual({ kind: 'server', url });
});

test('a master is named by its sentinels', () => {
  const address =
    'redis+sentinel://weir:p%40ss%3A@s1.example.com,[2001:db8::1]:26380/3?master=main&sentinelPassword=s';
  expect(parseRedisAddress(address)).toEqual({
    kind: 'sentinel',
    tls: false,
    user: 'weir',
    password: 'p@ss:',
    sentinels: [
      { host: 's1.example.com', port: 26_379 },
      { host: '2001:db8::1', port: 26_380 },
    ],
    master: 'main',
    database: 3,
    sentinelUser: undefined,
    sentinelPassword: 's',
  });
});

test('a cluster is named by some of its nodes', () => {
  expect(parseRedisAddress('rediss+cluster://:secret@n1,n2:7000')).toEqual({
    kind: 'cluster',
    tls: true,
    user: undefined,
    password: 'secret',
    nodes: [
      { host: 'n1', port: 6_379 },
      { host: 'n2', port: 7_000 },
    ],
  });
});

test.each([
  ['', /begins with none/],
  ['http://redis', /begins with none/],
  ['redis://', /begins with none/],
  ['redis://host:port', /no URL/],
  ['redis+sentinel://:secret@s1', /name the master/],
  ['redis+sentinel://:secret@s1/x?master=a', /no number/],
  ['redis+sentinel://:secret@s1?master=a&mastr=b', /mastr/],
  ['redis+cluster://:secret@n1:70000', /host that is none/],
  ['redis+cluster://:secret@n1,,n2', /host that is none/],
  ['redis+cluster://:secret@n1/1', /one only/],
  ['redis+cluster://:sec%ret@n1', /percent-encoded/],
])('%s is no address, and what is wrong is said without the password', (text, what) => {
  expect(() => parseRedisAddress(text)).toThrow(what);
  expect(() => parseRedisAddress(text)).not.toThrow(/sec/);
});
