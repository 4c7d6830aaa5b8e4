// A list that is brought up to date while some of its pages are shown.
import { expect, test } from 'vitest';
import { withFirstPage } from './newest-first.ts';

const page = (ids: string, nextCursor: string | null) => ({
  items: [...ids].map((id) => ({ id })),
  nextCursor,
});

test('what is new comes first, and older pages stay with their cursor', () => {
  expect(withFirstPage(page('dcba', 'a'), page('edc', 'c'))).toEqual(page('edcba', 'a'));
});

test('a first page that is all there is, and one that shares nothing with what was shown, stand alone', () => {
  expect(withFirstPage(page('cb', 'b'), page('dc', null))).toEqual(page('dc', null));
  expect(withFirstPage(page('cb', 'b'), page('zy', 'y'))).toEqual(page('zy', 'y'));
  expect(withFirstPage(page('', null), page('a', 'a'))).toEqual(page('a', 'a'));
});

test('one page that is shown is replaced as it is, with its cursor', () => {
  expect(withFirstPage(page('cba', 'a'), page('dcb', 'b'))).toEqual(page('dcba', 'a'));
  expect(withFirstPage(page('cb', 'b'), page('cb', 'b'))).toEqual(page('cb', 'b'));
});
