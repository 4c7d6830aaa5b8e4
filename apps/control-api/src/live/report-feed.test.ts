// One read of the reports for all who watch, none while nobody does, and an end for all at once.
import { expect, test, vi } from 'vitest';
import { createReportFeed } from './report-feed.ts';

test('all who wait hear of one read, and who waits for nothing causes none', async () => {
  vi.useFakeTimers();
  try {
    const all = vi.fn(async () => []);
    const feed = createReportFeed(all);
    const [one, other] = [feed.next(), feed.next()];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await one).toBe(await other);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(all).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('who waits when it is closed is told at once', async () => {
  const feed = createReportFeed(async () => []);
  const next = feed.next();
  feed.close();
  await expect(next).rejects.toThrow('closed');
  await expect(feed.next()).rejects.toThrow('closed');
});
