// How the pins of several processes become one reply.
import { endpointPinsSchema } from '@weir/api-contract';
import type { EndpointPins, ProcessReport } from '@weir/fleet';
import { expect, test } from 'vitest';
import { pinsReply } from './pins.ts';

const endpointId = 'ep-calm-river-a1b2c3';
const at = new Date('2026-01-04T00:00:00.000Z');

function report(processId: string, pins: EndpointPins | null): ProcessReport {
  const counters = {
    clientsActive: 0,
    clientsIdle: 0,
    clientsWaiting: 0,
    serversActive: 0,
    serversIdle: 0,
    serversOpening: 0,
    serversDirect: 0,
    serversPinned: 0,
    transactionsTotal: 0,
    generation: 1,
    addresses: { clients: {}, leftOut: 0 },
    upstream: { answeredMsAgo: null, trouble: null, openMs: null },
  };
  const endpoints: ProcessReport['endpoints'] =
    pins === null ? {} : { [endpointId]: { ...counters, pins, errors: {}, waits: [], executions: [] } };
  return { processId, startedAt: '2026-01-01T00:00:00.000Z', endpoints };
}

function pinAt(since: string) {
  const place = { role: 'app', database: 'shop', applicationName: null };
  return { reason: 'listen', statement: 'listen orders', ...place, since, idleMs: null };
}

test('pins of several processes are one list, the newest first, and their totals are added up', () => {
  const [oldest, middle, newest] = ['01', '02', '03'].map((day) => pinAt(`2026-01-${day}T00:00:00.000Z`));
  const reply = pinsReply(
    endpointId,
    [
      report('one', { newest: [newest!, oldest!], leftOut: 2, totals: { listen: 3 } }),
      report('two', { newest: [middle!], leftOut: 0, totals: { listen: 1, set: 4 } }),
      report('elsewhere', null),
    ],
    at,
  );
  expect(endpointPinsSchema.parse(reply)).toEqual(reply);
  expect(reply).toMatchObject({ at: at.toISOString(), pinned: 5, leftOut: 2 });
  expect(reply.pins.map(({ processId, since }) => [processId, since.slice(8, 10)])).toEqual([
    ['one', '03'],
    ['two', '02'],
    ['one', '01'],
  ]);
  expect(reply.totals).toEqual({ listen: 4, set: 4 });
  expect(reply.processes.map(({ processId, leftOut }) => [processId, leftOut])).toEqual([
    ['one', 2],
    ['two', 0],
  ]);
});

test('an endpoint that no process serves has an empty reply', () => {
  expect(pinsReply(endpointId, [report('elsewhere', null)], at)).toEqual({
    endpointId,
    at: at.toISOString(),
    pinned: 0,
    leftOut: 0,
    pins: [],
    totals: {},
    processes: [],
  });
});
