// The forms that make a tenant or an endpoint: what it sends, what it shows before sending, and where the API's faults are shown.
import { expect, test } from 'vitest';
import {
  type CreateForm,
  emptyForm,
  endpointBodyOf,
  endpointFaultsOf,
  faultTexts,
  otherFaults,
  sizingOf,
  tenantBodyOf,
  tenantFaultsOf,
  upstreamOf,
} from './form.ts';

const filled: CreateForm = {
  ...emptyForm,
  name: 'Shop',
  host: ' db.example.com ',
  database: 'shop',
  user: 'app',
  password: ' pw ',
};

test('a filled form has no faults and keeps the password as typed', () => {
  expect(tenantFaultsOf(filled)).toEqual([]);
  expect(tenantBodyOf(filled)).toEqual({
    name: 'Shop',
    kind: 'read_write',
    upstream: {
      host: 'db.example.com',
      port: 5432,
      database: 'shop',
      user: 'app',
      password: ' pw ',
      tlsMode: 'require',
    },
    computeRamGb: 4,
  });
});

test('each empty field gets a sentence of its own', () => {
  expect(Object.keys(faultTexts(tenantFaultsOf(emptyForm))).sort()).toEqual([
    'host',
    'name',
    'password',
    'user',
  ]);
  expect(faultTexts(tenantFaultsOf(emptyForm)).name).toBe('Name must not be empty.');
});

test('an endpoint has no name, and all else that a tenant has', () => {
  expect(Object.keys(faultTexts(endpointFaultsOf(emptyForm))).sort()).toEqual(['host', 'password', 'user']);
  const { name, ...body } = tenantBodyOf(filled);
  expect(endpointBodyOf(filled)).toEqual(body);
});

test('a port and a memory that are no numbers are said to be none', () => {
  const texts = faultTexts(tenantFaultsOf({ ...filled, port: 'abc', ramGb: 'lots' }));
  expect(texts).toEqual({ port: 'Port must be a number.', ramGb: 'Memory must be a number.' });
});

test('a certificate is sent only where it is looked at', () => {
  const caPem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
  expect(endpointBodyOf({ ...filled, caPem }).upstream).not.toHaveProperty('caPem');
  expect(endpointBodyOf({ ...filled, caPem, tlsMode: 'verify-full' }).upstream.caPem).toBe(caPem);
});

test('faults of the API are told at their field, the others apart', () => {
  const faults = [
    { field: 'upstream.host', message: 'cannot be resolved' },
    { field: 'authQuery', message: 'must be one query' },
  ];
  expect(faultTexts(faults)).toEqual({ host: 'Host cannot be resolved.' });
  expect(otherFaults(faults)).toEqual([faults[1]]);
});

test('the budget follows the memory as it is typed, with a comma or a point', () => {
  expect(sizingOf({ ...filled, ramGb: '1' }, null)?.budget).toBe(105);
  expect(sizingOf({ ...filled, ramGb: '1,5' }, null)?.budget).toBe(
    sizingOf({ ...filled, ramGb: '1.5' }, null)?.budget,
  );
  expect(sizingOf({ ...filled, ramGb: '' }, null)).toBeNull();
  expect(sizingOf({ ...filled, ramGb: '-3' }, null)).toBeNull();
});

test('what the server allows lowers the budget, once it is known', () => {
  const of = (maxConnections: number) =>
    sizingOf({ ...filled, ramGb: '1' }, { maxConnections, reservedConnections: 3 })?.budget;
  expect([of(60), of(500)]).toEqual([50, 105]);
});

test('a database is tried only once all that it takes is there', () => {
  expect(upstreamOf(filled)).toMatchObject({ host: 'db.example.com', port: 5432, password: ' pw ' });
  for (const missing of [{ host: '' }, { user: '' }, { password: '' }, { port: 'x' }, { database: '' }]) {
    expect(upstreamOf({ ...filled, ...missing })).toBeNull();
  }
});
