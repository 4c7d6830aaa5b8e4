// The table of `weir top`: whoever waits stands first, and rates are between two looks.
import type { EndpointActivityReply } from '@weir/api-contract';
import { expect, test } from 'vitest';
import { activityTable, nextLook } from './top.ts';

function look(endpointId: string, at: string, totals: Partial<EndpointActivityReply['totals']>) {
  const none = {
    clientsActive: 0,
    clientsIdle: 0,
    clientsWaiting: 0,
    serversActive: 0,
    serversIdle: 0,
    serversOpening: 0,
    serversDirect: 0,
    serversPinned: 0,
    transactionsTotal: 0,
  };
  const counted = { boundsSeconds: [], waits: [], executions: [], pins: {}, errors: {} };
  const id = endpointId as EndpointActivityReply['endpointId'];
  return {
    endpointId: id,
    at,
    budget: 20,
    health: {
      state: 'healthy' as const,
      since: null,
      code: null,
      latencyMs: null,
      seenAt: null,
      exceedsServer: false,
    },
    serversOpen: 3,
    totals: { ...none, ...totals },
    counted,
    processes: [],
  };
}

test('endpoints whose clients wait stand first, with transactions for each second since the look before', () => {
  const before = look('ep-a', '2026-01-01T00:00:00Z', { transactionsTotal: 100 });
  const now = look('ep-a', '2026-01-01T00:00:02Z', { transactionsTotal: 150, clientsActive: 9 });
  const other = look('ep-b', '2026-01-01T00:00:02Z', { clientsWaiting: 1 });
  const table = activityTable([
    { now, before },
    { now: other, before: undefined },
  ]);
  const [, first, second] = table.split('\n');
  expect(first).toMatch(/^ep-b\s+0\s+0\s+1\s+3\/20\s.*-$/);
  expect(second).toMatch(/^ep-a\s+9\s+0\s+0\s+3\/20\s.*25\.0$/);
});

test('a pooler that counts from zero again has no rate', () => {
  const before = look('ep-a', '2026-01-01T00:00:00Z', { transactionsTotal: 100 });
  const now = look('ep-a', '2026-01-01T00:00:02Z', { transactionsTotal: 5 });
  expect(activityTable([{ now, before }])).toMatch(/-$/);
});

test('whoever looks more often than there is news sees it once, and the rate of before until then', () => {
  const first = nextLook(undefined, look('ep-a', '2026-01-01T00:00:00Z', { transactionsTotal: 100 }));
  const second = nextLook(first, look('ep-a', '2026-01-01T00:00:02Z', { transactionsTotal: 150 }));
  const again = nextLook(second, look('ep-a', '2026-01-01T00:00:02Z', { transactionsTotal: 150 }));
  expect([first, second, again].map(({ isNews }) => isNews)).toEqual([true, true, false]);
  expect(activityTable([again])).toMatch(/25\.0$/);
});
