// Which connects wait for a turn, which are refused, and that processes over one shared state give out one bucket.
import { type ConnectStore, createMemoryFleet } from '@weir/fleet';
import { afterEach, expect, test, vi } from 'vitest';
import { ConnectRate } from './connect-rate.ts';

const opened: ConnectRate[] = [];
afterEach(() => {
  for (const rate of opened.splice(0)) rate.close();
  vi.useRealTimers();
});

function rateOver(store: ConnectStore, rule = { perSecond: 10, burst: 3 }) {
  const delayed: string[] = [];
  const rate = new ConnectRate({
    store,
    rule,
    waitMsMax: 500,
    now: () => performance.now(),
    delayed: (endpointId) => delayed.push(endpointId),
  });
  opened.push(rate);
  return { rate, delayed };
}

/** What became of so many connects at once, each with its time in ms, on a clock of the test's own. */
async function enterMany(rate: ConnectRate, times: number, endpointId = 'ep-a', isBanned = false) {
  const outcomes: string[] = [];
  const startedAt = performance.now();
  const all = Array.from({ length: times }, async () => {
    const what = await Promise.resolve(rate.enter(endpointId, isBanned)).then(
      () => 'let in',
      (error: { code: string }) => error.code,
    );
    outcomes.push(`${what} after ${Math.round((performance.now() - startedAt) / 100) * 100}`);
  });
  await vi.advanceTimersByTimeAsync(2_000);
  await Promise.all(all);
  return outcomes.sort();
}

const awayStore: ConnectStore = { spend: () => Promise.reject(new Error('away')) };

test('a burst is let in at once, then some wait for their turn, and those who would wait too long are refused after it', async () => {
  vi.useFakeTimers();
  const { rate, delayed } = rateOver(awayStore);
  expect(await enterMany(rate, 10)).toEqual([
    'CONNECT_RATE after 500',
    'CONNECT_RATE after 500',
    'let in after 0',
    'let in after 0',
    'let in after 0',
    'let in after 100',
    'let in after 200',
    'let in after 300',
    'let in after 400',
    'let in after 500',
  ]);
  expect(delayed).toHaveLength(7);
});

test('another endpoint, and those who are not banned from the same one, have turns of their own', async () => {
  vi.useFakeTimers();
  const { rate, delayed } = rateOver(awayStore);
  for (let i = 0; i < 20; i++) void rate.enter('ep-a', true)?.catch(() => {});
  expect(await enterMany(rate, 3)).toEqual(Array(3).fill('let in after 0'));
  expect(await enterMany(rate, 3, 'ep-b')).toEqual(Array(3).fill('let in after 0'));
  expect(delayed).toHaveLength(17);
});

test('without a limit nobody waits', async () => {
  vi.useFakeTimers();
  const { rate } = rateOver(awayStore, { perSecond: 0, burst: 1 });
  expect(await enterMany(rate, 100)).toEqual(Array(100).fill('let in after 0'));
});

test('what one process lets in, another has less of', async () => {
  const fleet = createMemoryFleet();
  const rule = { perSecond: 0.001, burst: 100 };
  const [one, two] = [rateOver(fleet.connects, rule), rateOver(fleet.connects, rule)];
  for (let i = 0; i < 100; i++) await one.rate.enter('ep-a', false);
  expect(one.delayed).toEqual([]);
  // It hears of it once it has let somebody in itself.
  await two.rate.enter('ep-a', false);
  await vi.waitFor(
    async () => {
      await two.rate.enter('ep-a', false)?.catch(() => {});
      expect(two.delayed.length).toBeGreaterThan(0);
    },
    { timeout: 60_000, interval: 20 },
  );
  await fleet.close();
});
