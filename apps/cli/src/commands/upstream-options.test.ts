// How a command line's words become the upstream and the settings of an endpoint.
import { expect, test } from 'vitest';
import { endpointBodyOf, endpointChangeOf, upstreamOf } from './upstream-options.ts';

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

test('settings are taken as JSON where they are JSON, and as words where not', () => {
  const url = 'postgresql://u:p@h/d';
  const set = ['mode=session', 'poolSize=10', 'pinsMax=null', 'requireTls=false'];
  expect(endpointBodyOf({ url, 'ram-gb': '4', set })).toMatchObject({
    computeRamGb: 4,
    settings: { mode: 'session', poolSize: 10, pinsMax: null, requireTls: false },
  });
});

test('what is missing or is no number is named', () => {
  expect(() => endpointBodyOf({ url: 'postgresql://u:p@h/d' })).toThrow('--ram-gb must be given');
  expect(() => endpointBodyOf({})).toThrow('--url and --ram-gb must be given');
  expect(() => endpointBodyOf({ url: 'postgresql://u:p@h/d', 'ram-gb': 'much' })).toThrow('is not a number');
  expect(() => endpointChangeOf({ set: ['poolSize'] })).toThrow('is not NAME=VALUE');
  expect(() => endpointChangeOf({})).toThrow('nothing was given to change');
});
