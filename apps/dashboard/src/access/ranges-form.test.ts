// Ranges as they are typed and pasted: what they mean, and which of them is wrong.
import { expect, test } from 'vitest';
import { readRanges, textsOf, withText } from './ranges-form.ts';

test('without a list there is one empty range to fill in, and empty ranges are no list', () => {
  expect(textsOf(null)).toEqual(['']);
  expect(readRanges(['', '  '])).toEqual({ allowed: null, faults: {}, fault: null });
});

test('a range that is none is named by its place in the form, whatever is empty before it', () => {
  const { allowed, faults } = readRanges(['10.0.0.0/8', '', ' 2001:db8::/32 ', '10.0.0.0/40']);
  expect(allowed).toEqual(['10.0.0.0/8', '2001:db8::/32', '10.0.0.0/40']);
  expect(Object.keys(faults)).toEqual(['3']);
  expect(faults[3]).toMatch(/^Range 4 must be an IPv4 or IPv6 address, or a range/);
});

test('a list that is pasted becomes one range each', () => {
  expect(withText(['a', '', 'z'], 1, '10.0.0.0/8, 192.0.2.1\n2001:db8::/32')).toEqual([
    'a',
    '10.0.0.0/8',
    '192.0.2.1',
    '2001:db8::/32',
    'z',
  ]);
  expect(withText(['a'], 0, '10.')).toEqual(['10.']);
});

test('more ranges than a list may have are told of as a whole', () => {
  expect(readRanges(Array.from({ length: 101 }, () => '192.0.2.1')).fault).toMatch(/100/);
});
