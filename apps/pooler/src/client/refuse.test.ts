// How long the end of a connection is waited for: as long as its last bytes are taken, and then no longer than two seconds.
import type { Connection } from '@weir/net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endSoon, partingCount } from './refuse.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function connectionWith(unsentBytes: number) {
  const connection = {
    unsentBytes,
    end() {},
    resume() {},
    destroy: vi.fn(() => connection.handler.onClose(null)),
  } as unknown as Connection & { unsentBytes: number };
  return connection;
}

test('who has taken everything and does not end is waited for two seconds', () => {
  const connection = connectionWith(0);
  endSoon(connection);
  expect(partingCount()).toBe(1);
  vi.advanceTimersByTime(1_999);
  expect(connection.destroy).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(connection.destroy).toHaveBeenCalledOnce();
  expect(partingCount()).toBe(0);
});

test('a slow reader is waited for as long as it takes some of its last bytes, one that takes none is not', () => {
  const connection = connectionWith(300_000);
  endSoon(connection);
  for (let left = 290_000; left > 250_000; left -= 10_000) {
    connection.unsentBytes = left;
    vi.advanceTimersByTime(2_000);
  }
  expect(connection.destroy).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2_000);
  expect(connection.destroy).toHaveBeenCalledOnce();
});

test('nothing is done to a connection whose peer has ended in time', () => {
  const connection = connectionWith(0);
  endSoon(connection);
  connection.handler.onClose(null);
  expect(partingCount()).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect(connection.destroy).not.toHaveBeenCalled();
});
