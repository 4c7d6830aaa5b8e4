// What connections add up to over time, and what is counted anew.
import { Upstream } from '@weir/pooling';
import { expect, test } from 'vitest';
import { ServedEndpoint } from '../pools/served-endpoint.ts';
import { endpointOf } from '../testing/endpoint.ts';
import { UsageMeter } from './usage-meter.ts';

const newlyServed = () => new ServedEndpoint(endpointOf(), new Upstream('test', 10));

/** A meter that has seen these numbers of clients, each with half as many servers, a second apart. */
function meterAfter(served: ServedEndpoint, clients: readonly number[], fromMs = 0): UsageMeter {
  const meter = new UsageMeter();
  for (const [index, count] of clients.entries())
    meter.look(fromMs + index * 1_000, [[served, { clients: count, servers: count / 2 }]]);
  return meter;
}

test('connections are added up over the time between two looks, and the first look adds none', () => {
  const served = newlyServed();
  const [counters] = Object.values(meterAfter(served, [100, 4, 6]).counters(0));
  expect(counters).toMatchObject({ clientSeconds: 10, serverConnectionSeconds: 5, clientsPeak: 100 });
});

test('the peak is that of the last looks, and an older one is forgotten', () => {
  const later = Array.from({ length: 15 }, (_, index) => index);
  const [counters] = Object.values(meterAfter(newlyServed(), [100, ...later]).counters(0));
  expect(counters!.clientsPeak).toBe(14);
});

test('what the endpoint counts itself is taken as it stands', () => {
  const served = newlyServed();
  Object.assign(served, { bytesFromClients: 10, bytesToClients: 20 });
  served.waitSeconds.observe(0.5);
  const [counters] = Object.values(meterAfter(served, [1]).counters(0));
  expect(counters).toMatchObject({ bytesReceived: 10, bytesSent: 20, waitSeconds: 0.5, transactions: 0 });
});

test('an endpoint that is served anew is counted anew, under another time; one that is gone is left out', () => {
  const first = newlyServed();
  const meter = meterAfter(first, [2, 2]);
  const [before] = Object.values(meter.counters(0));
  meter.look(2_000, [[newlyServed(), { clients: 3, servers: 1 }]]);
  const [after] = Object.values(meter.counters(0));
  expect(after!.countedSince > before!.countedSince).toBe(true);
  expect(after!.clientSeconds).toBe(3);
  meter.look(3_000, []);
  expect(meter.counters(0)).toEqual({});
});
