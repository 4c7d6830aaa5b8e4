// Whom a list would let in: clients of all processes added up, each address judged as a pooler judges it.
import type { ClientAddresses, ProcessReport } from '@weir/fleet';
import { expect, test } from 'vitest';
import { triedAddresses } from './tried-addresses.ts';

const id = 'ep-calm-river-a1b2c3';
const report = (processId: string, addresses: ClientAddresses): ProcessReport =>
  ({ processId, startedAt: '', endpoints: { [id]: { addresses } } }) as unknown as ProcessReport;

const reports = [
  report('one', { clients: { '203.0.113.7': 2, '2001:db8::5': 1 }, leftOut: 3 }),
  report('other', { clients: { '203.0.113.7': 1, '198.51.100.9': 4 }, leftOut: 0 }),
  { processId: 'elsewhere', startedAt: '', endpoints: {} },
];

test('clients are added up by address, the most first, and judged with the caller', () => {
  expect(triedAddresses(id, ['203.0.113.0/24', '2001:db8::/32'], '192.0.2.1', reports)).toEqual({
    endpointId: id,
    caller: { address: '192.0.2.1', isAllowed: false },
    clients: [
      { address: '198.51.100.9', count: 4, isAllowed: false },
      { address: '203.0.113.7', count: 3, isAllowed: true },
      { address: '2001:db8::5', count: 1, isAllowed: true },
    ],
    leftOut: 3,
  });
});

test('without a list everybody is let in', () => {
  const { caller, clients } = triedAddresses(id, null, '::ffff:192.0.2.1', reports);
  expect([caller, ...clients].every(({ isAllowed }) => isAllowed)).toBe(true);
});
