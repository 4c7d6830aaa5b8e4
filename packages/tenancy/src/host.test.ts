// The host grammar, both directions.
import { expect, test } from 'vitest';
import { domainOfRegion, hostOf, parseEndpointLabel, parseHost, unnamedRegion } from './host.ts';

const id = 'ep-calm-river-abc123';
const domains = ['db.localhost', 'eu.example.com'];

test('a host that was made is read back as it was', () => {
  for (const domain of domains) {
    for (const pooled of [true, false]) {
      expect(parseHost(hostOf(id, pooled, domain), domains)).toEqual({ endpointId: id, pooled });
    }
  }
});

test('a region has a label of its own, but for the one whose hosts had none before there were regions', () => {
  expect(hostOf(id, true, domainOfRegion('eu', 'example.com'))).toBe(`${id}-pooler.eu.example.com`);
  expect(domainOfRegion(unnamedRegion, 'example.com')).toBe('example.com');
  const both = ['example.com', 'eu.example.com'];
  for (const domain of both) {
    expect(parseHost(hostOf(id, false, domain), both)).toEqual({ endpointId: id, pooled: false });
  }
});

test('case and the root dot do not matter', () => {
  expect(parseHost('EP-Calm-River-ABC123-POOLER.DB.localhost.', ['db.LOCALHOST'])).toEqual({
    endpointId: id,
    pooled: true,
  });
});

test('other domains, further labels and reserved names are no endpoints', () => {
  for (const name of [
    `${id}.example.org`,
    `x.${id}.db.localhost`,
    `${id}.evil-db.localhost`,
    'db.localhost',
    '.db.localhost',
    'api.db.localhost',
    'apiauth.db.localhost',
    '-pooler.db.localhost',
    `${id}-pooler-pooler.db.localhost`,
    'localhost',
    '',
  ]) {
    expect(parseHost(name, domains), name).toBeNull();
  }
});

test('where one domain ends in another the endpoint is found under the longer one', () => {
  expect(parseHost(`${id}.eu.example.com`, ['example.com', 'eu.example.com'])?.endpointId).toBe(id);
});

test('a label alone tells its endpoint and side', () => {
  expect(parseEndpointLabel(`${id}-pooler`)).toEqual({ endpointId: id, pooled: true });
  expect(parseEndpointLabel(id)).toEqual({ endpointId: id, pooled: false });
  expect(parseEndpointLabel(`${id}-poole`)).toBeNull();
});
