// Who is let past before a password is asked for, and that a place is given back exactly once.
import { expect, test } from 'vitest';
import { endpointOf } from '../testing/endpoint.ts';
import { admit, ClientCounts } from './admit.ts';

const tls = { servername: null, alpn: null, endPointHash: null };
const settings = { ...endpointOf().settings, clientConnectionsMax: 2 };

test('a suspended tenant and a client without TLS are refused by name', () => {
  const clients = new ClientCounts();
  expect(() => admit(endpointOf({ status: 'suspended' }), { tls }, clients)).toThrow(
    'tenant "acme" is suspended',
  );
  expect(() => admit(endpointOf(), { tls: null }, clients)).toThrow('requires TLS');
  const lax = endpointOf({ settings: { ...settings, requireTls: false } });
  admit(lax, { tls: null }, clients).leave();
  expect(clients.count(lax.endpointId)).toBe(0);
});

test('the cap refuses with tenant and limit, and a place that was left twice is free once', () => {
  const clients = new ClientCounts();
  const endpoint = endpointOf({ settings });
  const first = admit(endpoint, { tls }, clients);
  admit(endpoint, { tls }, clients);
  expect(() => admit(endpoint, { tls }, clients)).toThrow('tenant "acme" has 2 client connections open');
  first.leave();
  first.leave();
  admit(endpoint, { tls }, clients);
  expect(() => admit(endpoint, { tls }, clients)).toThrow('which is its limit');
  expect(clients.count(endpoint.endpointId)).toBe(2);
});
