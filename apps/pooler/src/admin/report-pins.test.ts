// What a process reports of its pins: the newest of them, and for how long their clients have sent nothing.
import { pinsReportedMax } from '@weir/fleet';
import {
  ClientSession,
  noValues,
  ServerSession,
  TransactionStatus,
  Upstream,
  valueSetOf,
} from '@weir/pooling';
import { beforeEach, expect, test } from 'vitest';
import { ServedEndpoint, type ServedPool } from '../pools/served-endpoint.ts';
import { endpointOf } from '../testing/endpoint.ts';
import { type Moment, reportPins } from './report-pins.ts';

const start = Date.parse('2026-01-02T03:04:05.000Z');
const peer = { write: () => true, unsentBytes: 0, pause() {}, resume() {} };
let served: ServedEndpoint;
let pool: ServedPool;

beforeEach(() => {
  served = new ServedEndpoint(endpointOf(), new Upstream('test', 100));
  pool = served.poolFor('app', 'shop', new Map()).pool;
});

function at(ms: number): Moment {
  return { ms, originMs: start };
}

/** A server as the core leaves it behind when it has pinned it; a real one is tried in test/integration. */
function pinnedServer(pinnedAtMs: number): ServerSession {
  const server = new ServerSession(pool, 0, 10);
  pool.add(server);
  const client = new ClientSession({ peer, pool, replay: noValues, told: noValues });
  client.state = 'active';
  client.server = server;
  Object.assign(server, {
    state: 'active',
    client,
    pin: 'temp-object',
    pinnedAtMs,
    answeredAtMs: pinnedAtMs,
  });
  return server;
}

test('a pin is told with its reason, role, database, name, statement and since when', () => {
  const server = pinnedServer(1_000);
  server.parameters = valueSetOf(new Map([['application_name', 'checkout']]));
  server.pinStatement = `create temp table ${'t'.repeat(1_000)}`;
  served.pins.add('temp-object');
  const { newest, leftOut, totals } = reportPins(served, at(5_000));
  expect(newest).toEqual([
    {
      reason: 'temp-object',
      statement: server.pinStatement.slice(0, 500),
      role: 'app',
      database: 'shop',
      applicationName: 'checkout',
      since: '2026-01-02T03:04:06.000Z',
      idleMs: 4_000,
    },
  ]);
  expect([leftOut, totals]).toEqual([0, { 'temp-object': 1 }]);
});

test('a client is idle since it was answered last, and not in a transaction', () => {
  const server = pinnedServer(0);
  const idleAt = (ms: number) => reportPins(served, at(ms)).newest[0]!.idleMs;
  expect(idleAt(2_000)).toBe(2_000);
  server.transactionStatus = TransactionStatus.Open;
  expect(idleAt(4_000)).toBeNull();
  Object.assign(server, { transactionStatus: TransactionStatus.Idle, answeredAtMs: 9_000 });
  expect(idleAt(9_500)).toBe(500);
});

test('a server that is lent for a whole session is no pin', () => {
  pinnedServer(0).pin = 'session-mode';
  expect(reportPins(served, at(1_000)).newest).toEqual([]);
});

test('past the bound the oldest are counted and not named, and what opens or closes is no pin', () => {
  for (let index = 0; index < pinsReportedMax + 3; index++) pinnedServer(index);
  for (const state of ['opening', 'closing'] as const) pinnedServer(1_000).state = state;
  const { newest, leftOut } = reportPins(served, at(2_000));
  expect(leftOut).toBe(3);
  expect(newest.map(({ since }) => Date.parse(since) - start)).toEqual(
    Array.from({ length: pinsReportedMax }, (_, index) => pinsReportedMax + 2 - index),
  );
});
