// What becomes of clients that listen when the one connection that listens for them does not answer.
import { loadSqlParser } from '@weir/sql';
import { beforeAll, expect, test } from 'vitest';
import { SmallPool } from './testing/small-pool.ts';

beforeAll(() => loadSqlParser());

/** One client that hears by a listener, which has yet to answer, and a second that is about to. */
function twoListen() {
  const small = new SmallPool();
  const first = small.client();
  // Only once a server has been seen is it known that clients may hear by another.
  small.send(first, 'select 1');
  const listener = small.open();
  small.answer(listener, 'SELECT 1');
  small.send(first, 'listen news');
  small.answer(listener, 'LISTEN');
  small.answerRows(listener, ['11', 'news']);
  const second = small.client();
  small.send(second, 'listen sport');
  const server = small.open();
  small.answer(server, 'LISTEN');
  small.answerRows(server, ['12', 'sport']);
  return { small, first, listener, second, server };
}

const reasons = ({ closed }: SmallPool) => closed.map(({ reason }) => reason);

test('a listener that does not answer is lost after half a minute, and the next who waits becomes the listener', () => {
  const { small, first, listener, second, server } = twoListen();
  small.sweep();
  small.nowMs += 29_900;
  small.sweep();
  expect(reasons(small)).toEqual([]);
  small.nowMs += 100;
  small.sweep();
  expect(reasons(small)).toEqual(['unanswered']);
  expect(listener.state).toBe('closing');
  expect(first.state).toBe('ended');
  expect(small.refused).toEqual([{ kind: 'listener-lost' }]);
  small.answerRows(server, ['12', 'sport']);
  expect(server.listener).not.toBeNull();
  expect(second.state).toBe('idle');
});

test('a listener that answers late but in time is kept, and is given as much time for the next answer', () => {
  const { small, listener } = twoListen();
  small.sweep();
  small.nowMs += 29_000;
  small.answer(listener, 'LISTEN');
  small.sweep();
  small.nowMs += 29_000;
  small.sweep();
  expect(reasons(small)).toEqual([]);
});
