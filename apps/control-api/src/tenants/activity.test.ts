// How the reports of several processes become one reply.
import { endpointActivitySchema } from '@weir/api-contract';
import type { EndpointRecord } from '@weir/catalog';
import { exampleReport } from '@weir/fleet/testing';
import { secondsBounds } from '@weir/telemetry';
import { unknownHealth } from '@weir/tenancy';
import { expect, test } from 'vitest';
import { activityReply } from './activity.ts';

const endpoint = {
  id: 'ep-quiet-heron-a1b2c3',
  sizing: { budget: 20, maxConnections: null },
  health: unknownHealth,
} as EndpointRecord;
const at = new Date('2026-01-04T00:00:00.000Z');

function reportOf(processId: string, waits: readonly number[]) {
  const report = exampleReport(processId, 5);
  const activity = { ...report.endpoints[endpoint.id]!, waits, executions: waits };
  return { ...report, endpoints: { [endpoint.id]: activity } };
}

test('what is counted is added up over the processes, class by class and word by word', () => {
  const classes = (first: number) => [first, ...new Array<number>(secondsBounds.length).fill(1)];
  const reply = activityReply(endpoint, [reportOf('one', classes(3)), reportOf('two', classes(4))], at);
  expect(endpointActivitySchema.parse(reply)).toEqual(reply);
  expect(reply.totals.transactionsTotal).toBe(10);
  expect(reply.counted).toMatchObject({
    boundsSeconds: secondsBounds,
    waits: [7, ...new Array<number>(secondsBounds.length).fill(2)],
    pins: { 'temp-object': 18, listen: 2 },
    errors: { CLIENT_LIMIT: 8 },
  });
  expect(reply.processes[0]).not.toHaveProperty('waits');
});

test('a process that counts in other classes counts as one without', () => {
  const { counted } = activityReply(endpoint, [reportOf('later', [5, 5])], at);
  expect(counted.waits).toEqual(new Array<number>(secondsBounds.length + 1).fill(0));
});
