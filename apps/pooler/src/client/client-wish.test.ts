// What is remembered of startup packets: the same for the same bytes, name and listener, and nothing for any other.
import { encodeStartupMessage } from '@weir/protocol';
import { expect, test } from 'vitest';
import { readStartup, wishOf } from './client-wish.ts';

const endpoint = 'ep-calm-river-a1b2c3';
const other = 'ep-cold-brook-d4e5f6';
const domains = ['db.localhost'];

/** A message's parameters, read from bytes that are overwritten afterwards, as a channel's are. */
function read(parameters: Record<string, string>) {
  const bytes = encodeStartupMessage(Object.entries(parameters)).slice(4);
  const packet = readStartup(bytes);
  bytes.fill(0xff);
  if (packet.kind !== 'startup') throw new Error(packet.kind);
  return packet.parameters;
}

const claim = (servername: string | null, pooledOnly = false) => ({ servername, domains, pooledOnly });

test('the same bytes are one message, and other ones another', () => {
  const one = read({ user: 'app', database: 'shop' });
  expect(read({ user: 'app', database: 'shop' })).toBe(one);
  expect(read({ user: 'app', database: 'shoq' })).not.toBe(one);
  expect(Object.fromEntries(one)).toEqual({ user: 'app', database: 'shop' });
});

test('one packet leads to the endpoint that each client names in SNI, and to the pool of each listener', () => {
  const parameters = read({ user: 'app', database: 'shop' });
  for (let round = 0; round < 2; round++) {
    for (const id of [endpoint, other]) {
      expect(wishOf(parameters, claim(`${id}.db.localhost`)).endpoint).toMatchObject({
        endpointId: id,
        pooled: false,
      });
      expect(wishOf(parameters, claim(`${id}.db.localhost`, true)).endpoint.pooled).toBe(true);
    }
    expect(() => wishOf(parameters, claim(null))).toThrow(
      expect.objectContaining({ code: 'ENDPOINT_MISSING' }),
    );
  }
});

test('settings are read once for the role that was named, and anew for the one that a credential stands for', () => {
  const wish = wishOf(read({ user: 'cred_x', TimeZone: 'UTC' }), claim(`${endpoint}.db.localhost`));
  const named = wish.startupAs('cred_x');
  expect(wish.startupAs('cred_x')).toBe(named);
  expect(named.database).toBe('cred_x');
  expect(wish.startupAs('app').database).toBe('app');
});

test('strangers with thousands of packets and names only make others be read again', () => {
  const first = read({ user: 'app', options: '-c work_mem=1MB' });
  const wish = wishOf(first, claim(`${endpoint}.db.localhost`));
  for (let i = 0; i < 3_000; i++) {
    read({ user: `stranger-${i}` });
    wishOf(first, claim(`${endpoint}.${i}.db.localhost`.replace(`.${i}.`, i % 2 ? '.' : '-pooler.')));
    wishOf(read({ user: `u${i}` }), claim(`${endpoint}.db.localhost`));
  }
  const again = wishOf(read({ user: 'app', options: '-c work_mem=1MB' }), claim(`${endpoint}.db.localhost`));
  expect(again).not.toBe(wish);
  expect(again.endpoint).toEqual(wish.endpoint);
});
