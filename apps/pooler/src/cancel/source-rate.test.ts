// How often a source may ask, with time in the test's hand.
import { expect, test } from 'vitest';
import { SourceRate } from './source-rate.ts';

test('a source may ask for two seconds at once, then as often as time allows', () => {
  let atMs = 0;
  const rate = new SourceRate({ perSecond: 5, now: () => atMs });
  const taken = () => Array.from({ length: 20 }, () => rate.take('192.0.2.1')).filter(Boolean).length;
  expect(taken()).toBe(10);
  atMs += 1_000;
  expect(taken()).toBe(5);
  atMs += 3_600_000;
  expect(taken()).toBe(10);
});

test('sources are limited apart, and the addresses of one IPv6 network together', () => {
  const rate = new SourceRate({ perSecond: 1, now: () => 0 });
  const asked = (address: string) => [rate.take(address), rate.take(address), rate.take(address)];
  expect(asked('192.0.2.1')).toEqual([true, true, false]);
  expect(asked('192.0.2.2')).toEqual([true, true, false]);
  expect(asked('2001:db8::1')).toEqual([true, true, false]);
  expect(rate.take('2001:db8::ffff:2')).toBe(false);
  expect(rate.take('2001:db8:0:1::1')).toBe(true);
});

test('more sources than fit forget the longest silent one, not the loud one', () => {
  const rate = new SourceRate({ perSecond: 1, now: () => 0, sourcesMax: 2 });
  const spent = (address: string) => rate.take(address) && rate.take(address) && rate.take(address);
  expect([spent('192.0.2.1'), spent('192.0.2.2')]).toEqual([false, false]);
  expect(rate.take('192.0.2.1')).toBe(false);
  expect(rate.take('192.0.2.3')).toBe(true);
  expect(rate.take('192.0.2.1')).toBe(false);
  expect(rate.take('192.0.2.2')).toBe(true);
});
