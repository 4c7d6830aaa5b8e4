// How deliveries read.
import type { DeliveryReply } from '@weir/api-contract';
import { expect, test } from 'vitest';
import { attemptsOf, outcomeOf } from './delivery-words.ts';

const delivery = (changes: Partial<DeliveryReply>) =>
  ({
    status: 'pending',
    attempts: 0,
    dueAt: null,
    lastStatus: null,
    lastError: null,
    ...changes,
  }) as DeliveryReply;

test('what the last attempt came to is said by status or by why there was none', () => {
  expect(outcomeOf(delivery({}))).toBeNull();
  expect(outcomeOf(delivery({ lastStatus: 204 }))).toBe('status 204');
  expect(outcomeOf(delivery({ lastStatus: 503, lastError: 'status' }))).toBe('status 503');
  expect(outcomeOf(delivery({ lastStatus: 307, lastError: 'redirect' }))).toMatch(/^307, a redirect/);
  expect(outcomeOf(delivery({ lastError: 'timeout' }))).toBe('no answer within 5 s');
  expect(outcomeOf(delivery({ lastError: 'new-word' }))).toBe('new-word');
});

test('attempts are counted, and the next one is told while there is one', () => {
  const dueAt = '2026-01-02T03:04:05.000Z';
  const nowMs = Date.parse(dueAt);
  expect(attemptsOf(delivery({ attempts: 1, status: 'delivered' }), nowMs)).toBe('1 attempt');
  expect(attemptsOf(delivery({ attempts: 2, dueAt }), nowMs)).toBe('2 attempts, next one now');
  expect(attemptsOf(delivery({ attempts: 2, dueAt }), nowMs - 1)).toMatch(
    /^2 attempts, next one Jan 2, 2026/,
  );
});
