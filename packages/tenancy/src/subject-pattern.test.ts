// Which subjects a pattern means, and which patterns are refused since they could mean more than they seem to.
import { expect, test } from 'vitest';
import { isSubjectOf, subjectPatternFault } from './subject-pattern.ts';

test.each([
  ['repo:acme/shop:ref:refs/heads/main', 'repo:acme/shop:ref:refs/heads/main'],
  ['repo:acme/*:ref:refs/heads/main', 'repo:acme/shop:ref:refs/heads/main'],
  ['owner:acme:project:shop:environment:*', 'owner:acme:project:shop:environment:preview'],
  ['system:serviceaccount:*:weir', 'system:serviceaccount:default:weir'],
  ['repo:acme@12/*:environment:production', 'repo:acme@12/shop@34:environment:production'],
  ['109876543210', '109876543210'],
])('%s means %s', (pattern, subject) => {
  expect(subjectPatternFault(pattern)).toBeNull();
  expect(isSubjectOf(pattern, subject)).toBe(true);
});

test.each([
  ['repo:acme/*', 'repo:acme/shop:pull_request', 'more parts'],
  ['repo:acme/shop:*', 'repo:acme/shop:ref:refs/heads/main', 'more parts'],
  ['repo:acme/shop:ref:refs/heads/*', 'repo:acme/shop:ref:refs/heads/feature/x', 'a slash in a part'],
  ['repo:acme/shop:ref:refs/heads/*', 'repo:acme/shop:ref:refs/heads/', 'an empty part'],
  ['repo:acme/*:environment:prod', 'repo:acme:shop:environment:prod', 'another separator'],
  ['repo:acme/shop', 'repo:acme/shop-evil', 'a longer part'],
  ['repo:acme/shop', 'Repo:acme/shop', 'another case'],
  ['repo:acme/s.op', 'repo:acme/shop', 'a dot that is a dot'],
  ['repo:acme/shop', 'repo:acme/shop\n', 'a line end'],
  ['repo:acme/shop', ' repo:acme/shop', 'a blank in front'],
  ['repo:acme/x:*', `repo:acme/x:${'y'.repeat(500)}`, 'what is too long'],
])('%s does not mean %j: %s', (pattern, subject) => {
  expect(isSubjectOf(pattern, subject)).toBe(false);
});

test.each([
  '',
  '*',
  '*:*',
  'repo:*',
  'repo:*/shop',
  'repo:acme*/shop',
  'repo:acme/shop-*',
  'repo:acme/**',
  'x'.repeat(501),
])('%s is no pattern', (pattern) => expect(subjectPatternFault(pattern)).toMatch(/^must /));
