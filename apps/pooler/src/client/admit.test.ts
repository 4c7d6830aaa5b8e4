// Who is let past before a password is asked for, and that a place is given back exactly once.
import { expect, test } from 'vitest';
import { endpointOf } from '../testing/endpoint.ts';
import { admit, ClientCounts } from './admit.ts';

const tls = { servername: null, alpn: null, endPointHash: null };
const address = '203.0.113.7';
const settings = { ...endpointOf().settings, clientConnectionsMax: 2 };

test('a suspended tenant and a client without TLS are refused by name', () => {
  const clients = new ClientCounts();
  expect(() => admit(endpointOf({ status: 'suspended' }), { tls, address }, clients)).toThrow(
    'tenant "acme" is suspended',
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
