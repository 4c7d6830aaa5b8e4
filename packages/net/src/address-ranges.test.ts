// Which addresses a list of ranges holds.
import { expect, test } from 'vitest';
import { AddressRanges } from './address-ranges.ts';

test.each([
  [['10.0.0.0/8'], '10.255.1.2', true],
  [['10.0.0.0/8'], '11.0.0.0', false],
  [['10.1.2.3/8'], '10.9.9.9', true],
  [['192.168.4.0/23'], '192.168.5.255', true],
  [['192.168.4.0/23'], '192.168.6.0', false],
  [['203.0.113.7'], '203.0.113.7', true],
  [['203.0.113.7/32'], '203.0.113.8', false],
  [['203.0.113.7'], '::ffff:203.0.113.7', true],
  [['203.0.113.7'], '::ffff:cb00:7107', true],
  [['0.0.0.0/0'], '198.51.100.1', true],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['::/0'], '198.51.100.1', false],
  [['::/0'], '::ffff:198.51.100.1', false],
  [['2001:db8::/33'], '2001:db8:7fff::1', true],
  [['2001:db8::/33'], '2001:db8:8000::1', false],
  [['fe80::/10'], 'fe80::1%eth0', true],
  // 6to4 of 1.2.3.4, and its like of NAT64: whose address is within is no reason to let them in.
  [['1.2.3.4'], '2002:102:304::1', false],
  [['1.2.3.4'], '64:ff9b::102:304', false],
  [['10.0.0.0/8', '::1'], '::1', true],
  [[], '127.0.0.1', false],
  [['nonsense', '10.0.0.0/8'], '', false],
])('%j holds %s: %s', (ranges, address, holds) => {
  expect(new AddressRanges(ranges).has(address)).toBe(holds);
});
