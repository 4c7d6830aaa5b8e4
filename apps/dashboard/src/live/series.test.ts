// The lines of the charts: rates and percentiles are of a stretch of time, and break where a pooler began anew.
import type { EndpointActivityReply } from '@weir/api-contract';
import { expect, test } from 'vitest';
import { newestOf, seriesOf } from './series.ts';

function reply(second: number, transactionsTotal: number, waits: number[]): EndpointActivityReply {
  return {
    endpointId: 'ep-a' as EndpointActivityReply['endpointId'],
    at: new Date(1_000_000 + second * 1000).toISOString(),
    budget: 20,
    health: {
      state: 'healthy',
      since: null,
      code: null,
      latencyMs: null,
      seenAt: null,
      exceedsServer: false,
    },
    serversOpen: 3,
    totals: {
      clientsActive: 1,
      clientsIdle: 2,
      clientsWaiting: 3,
      serversActive: 1,
      serversIdle: 2,
      serversOpening: 0,
      serversDirect: 0,
      serversPinned: 0,
      transactionsTotal,
    },
    counted: {
      boundsSeconds: [0.001, 0.01],
      waits,
      executions: waits,
      pins: {},
      errors: { CLIENT_LIMIT: second },
    },
    processes: [],
  };
}

test('rates are between two readings, and percentiles of the last ten seconds', () => {
  const history = [
    reply(0, 0, [0, 0, 0]),
    reply(1, 50, [100, 0, 0]),
    reply(11, 150, [100, 100, 0]),
    reply(12, 150, [100, 100, 0]),
  ];
  const { seconds, transactionsPerSecond, waits, errorsPerSecond } = seriesOf(history);
  expect(seconds.map((at) => at - seconds[0]!)).toEqual([0, 1, 11, 12]);
  expect(transactionsPerSecond).toEqual([null, 50, 10, 0]);
  expect(errorsPerSecond).toEqual([null, 1, 1, 1]);
  expect(waits.p50.map((ms) => ms?.toFixed(2) ?? null)).toEqual([null, '0.50', '5.50', null]);
});

test('a counter that starts anew leaves a gap', () => {
  const { transactionsPerSecond, waits } = seriesOf([reply(0, 500, [9, 9, 9]), reply(1, 5, [1, 0, 0])]);
  expect(newestOf(transactionsPerSecond)).toBeNull();
  expect(newestOf(waits.p99)).toBeNull();
});
