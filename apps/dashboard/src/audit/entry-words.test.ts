// How an entry of the audit log reads.
import { auditActions } from '@weir/api-contract';
import { expect, test } from 'vitest';
import { sentenceOf, valueText } from './entry-words.ts';

test('every action reads as a sentence', () => {
  expect(sentenceOf({ action: 'api-key.revoke' })).toBe('Revoked API key');
  expect(sentenceOf({ action: 'endpoint.change' })).toBe('Changed endpoint');
  for (const action of auditActions) expect(sentenceOf({ action })).not.toBe('');
});

test('values stand in one line, and what is not there is a dash', () => {
  expect([null, undefined, 'active', 5, [], { a: 1 }].map(valueText)).toEqual([
    '–',
    '–',
    'active',
    '5',
    '[]',
    '{"a":1}',
  ]);
});
