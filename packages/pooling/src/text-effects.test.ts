// Which of several effects of one text has the say, by the parser and where only the words are known.
import { encodeUtf8 } from '@weir/protocol';
import { loadSqlParser } from '@weir/sql';
import { beforeAll, expect, test } from 'vitest';
import type { StateTracking } from './pool.ts';
import { textEffects } from './text-effects.ts';

beforeAll(() => loadSqlParser());

function pinOf(text: string, tracking: StateTracking = 'auto') {
  const bytes = encodeUtf8(text);
  return textEffects(bytes, 0, bytes.length, tracking)?.pin ?? null;
}

test.each([
  // The parser knows none of these.
  ['create temp table t as selekt setseed(1)', 'seed'],
  ["selekt currval('s'), pg_advisory_lock(1)", 'advisory-lock'],
  ["selekt currval('s')", 'sequence-state'],
])('%s: the state that no probe can show is the reason where only words are known', (text, reason) => {
  expect(pinOf(text)).toBe(reason);
});

test('with strict tracking unknown code beside the value of a sequence is the reason', () => {
  const text = "select currval('s'), my_function()";
  expect(pinOf(text)).toBe('sequence-state');
  expect(pinOf(text, 'strict')).toBe('unknown-code');
});

test('without tracking a text has no effects', () => {
  expect(pinOf('create temp table t (n int)', 'off')).toBeNull();
});
