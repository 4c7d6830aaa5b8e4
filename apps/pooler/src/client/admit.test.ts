// Who is let past before a password is asked for, and that a place is given back exactly once.
import { addressesReportedMax } from '@weir/fleet';
import { expect, test } from 'vitest';
import { endpointOf } from '../testing/endpoint.ts';
import { admit, ClientCounts } from './admit.ts';

const tls = { servername: null, alpn: null, endPointHash: null };
const address = '203.0.113.7';
const settings = { ...endpointOf().settings, clientConnectionsMax: 2 };

test('clients of a suspended endpoint and those without TLS are refused by name', () => {
  const clients = new ClientCounts();
  expect(() => admit(endpointOf({ status: 'suspended' }), { tls, address }, clients)).toThrow(
    /endpoint "ep-[a-z0-9-]+" of tenant "acme" is suspended/,
  );
  expect(() => admit(endpointOf(), { tls: null, address }, clients)).toThrow('requires TLS');
  const lax = endpointOf({ settings: { ...settings, requireTls: false } });
  admit(lax, { tls: null, address }, clients).leave();
  expect(clients.count(lax.endpointId)).toBe(0);
});

test('the cap refuses with tenant and limit, and a place that was left twice is free once', () => {
  const clients = new ClientCounts();
  const endpoint = endpointOf({ settings });
  const first = admit(endpoint, { tls, address }, clients);
  admit(endpoint, { tls, address }, clients);
  expect(() => admit(endpoint, { tls, address }, clients)).toThrow(
    'tenant "acme" has 2 client connections open',
  );
  first.leave();
  first.leave();
  admit(endpoint, { tls, address }, clients);
  expect(() => admit(endpoint, { tls, address }, clients)).toThrow('which is its limit');
  expect(clients.count(endpoint.endpointId)).toBe(2);
});

test('clients are counted by the address they come from, and those of more addresses than are told as a sum', () => {
  const clients = new ClientCounts();
  const endpoint = endpointOf({ settings: { ...settings, clientConnectionsMax: 1000 } });
  const { endpointId } = endpoint;
  const first = admit(endpoint, { tls, address }, clients);
  const second = admit(endpoint, { tls, address }, clients);
  admit(endpoint, { tls, address: '2001:db8::5' }, clients);
  expect(clients.addressesOf(endpointId)).toEqual({
    clients: { [address]: 2, '2001:db8::5': 1 },
    leftOut: 0,
  });
  first.leave();
  first.leave();
  expect(clients.addressesOf(endpointId).clients[address]).toBe(1);
  second.leave();
  for (let last = 0; last < addressesReportedMax + 2; last++) {
    admit(endpoint, { tls, address: `198.51.100.${last}` }, clients);
  }
  const told = clients.addressesOf(endpointId);
  expect(told.leftOut).toBe(3);
  expect(Object.keys(told.clients)).toHaveLength(addressesReportedMax);
  expect(told.clients[address]).toBeUndefined();
});

test('an address that is not allowed is named, whatever else is wrong with the client', () => {
  const clients = new ClientCounts();
  const endpoint = endpointOf({
    settings: { ...settings, allowedAddresses: ['203.0.113.0/29', '2001:db8::/32'] },
  });
  admit(endpoint, { tls, address: '2001:db8::5' }, clients);
  admit(endpoint, { tls, address }, clients);
  expect(() => admit(endpoint, { tls: null, address: '203.0.113.8' }, clients)).toThrow(
    `connections from 203.0.113.8 to endpoint "${endpoint.endpointId}" are not allowed`,
  );
});
