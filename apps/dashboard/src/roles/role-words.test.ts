// What is said of roles, and where a new one stands in the list.
import type { RoleReply } from '@weir/api-contract';
import { expect, test } from 'vitest';
import { namesIn, overlapText, withoutRole, withRole } from './role-words.ts';

const role = (name: string) => ({ name, keeps: 'password' }) as RoleReply;
const namesOf = (roles: readonly RoleReply[]) => roles.map(({ name }) => name);

test('an overlap is said until its end, and a rotation that nobody knows the end of asks to be rotated again', () => {
  const previousUntil = '2026-11-03T12:00:00.000Z';
  const at = Date.parse(previousUntil);
  expect(overlapText({ isFinished: true, previousUntil }, at - 3_600_000)).toBe(
    'The password before opens for 1 h more',
  );
  expect(overlapText({ isFinished: true, previousUntil }, at)).toBeNull();
  expect(overlapText({ isFinished: false, previousUntil: null }, at)).toBe('Not finished: rotate again');
  expect(overlapText(null, at)).toBeNull();
});

test('a role is listed by its name once, and only where its page has been loaded', () => {
  const roles = [role('b'), role('d')];
  expect(namesOf(withRole(roles, null, role('c')))).toEqual(['b', 'c', 'd']);
  expect(namesOf(withRole(roles, null, role('d')))).toEqual(['b', 'd']);
  expect(namesOf(withRole(roles, 'd', role('e')))).toEqual(['b', 'd']);
  expect(namesOf(withRole(roles, 'd', role('a')))).toEqual(['a', 'b', 'd']);
  expect(namesOf(withoutRole(roles, 'b'))).toEqual(['d']);
});

test('names are read from a text with commas, without blanks', () => {
  expect(namesIn(' pg_read_all_data, reports ,')).toEqual(['pg_read_all_data', 'reports']);
  expect(namesIn('  ')).toEqual([]);
});
