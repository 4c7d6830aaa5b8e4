// Pins over the API: a client of the pooled host that makes session state is seen there, with reason, name and silence.
import { type EndpointPinsReply, endpointPinsSchema, pathOf } from '@weir/api-contract';
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';

let weir: Weir;
beforeAll(async () => {
  weir = await startWeir({ budget: 5 });
});
afterAll(() => weir?.close());

async function pins(): Promise<EndpointPinsReply> {
  return endpointPinsSchema.parse(
    await weir.controlApi.call('GET', pathOf('getPins', { endpointId: weir.endpoint.id })),
  );
}

/** The reply once `is` holds for it: a pooler reports each second. */
function pinsOnce(what: string, is: (reply: EndpointPinsReply) => boolean): Promise<EndpointPinsReply> {
  return waitUntil(
    async () => {
      const reply = await pins();
      return is(reply) ? reply : null;
    },
    { what },
  );
}

test('a pinned client is seen with its reason and its silence, and gone when it has left; its total stays', async () => {
  expect(await pins()).toMatchObject({ endpointId: weir.endpoint.id, pinned: 0, leftOut: 0, pins: [] });
  const beganMs = Date.now();
  const client = await weir.client({ config: { application_name: 'checkout' } });
  await client.query('select 1');
  await client.query("create temp table cart as select 'secret' as item");
  const first = await pinsOnce('the pin is reported', (reply) => reply.pinned === 1);
  const [pin] = first.pins;
  expect(pin).toMatchObject({
    reason: 'temp-object',
    role: 'app',
    database: 'app',
    applicationName: 'checkout',
    processId: first.processes[0]!.processId,
  });
  expect(JSON.stringify(first)).not.toContain('secret');
  expect(Date.parse(pin!.since)).toBeGreaterThanOrEqual(beganMs - 5);
  expect(Date.parse(pin!.since)).toBeLessThanOrEqual(Date.parse(first.at));
  expect(first.totals).toEqual({ 'temp-object': 1 });

  await pinsOnce('it has been silent', ({ pins: [one] }) => one?.idleMs != null && one.idleMs > 0);
  await client.query('begin');
  await pinsOnce('it is in a transaction', ({ pins: [one] }) => one !== undefined && one.idleMs === null);
  await client.query("set application_name = 'till'");
  await client.query('commit');
  const later = await pinsOnce('it has another name', ({ pins: [one] }) => one?.applicationName === 'till');
  expect(later.pins[0]!.since).toBe(pin!.since);

  const other = await weir.client();
  await other.query('select pg_advisory_lock(7)');
  const both = await pinsOnce('two pins', (reply) => reply.pinned === 2);
  expect(both.pins.map(({ reason }) => reason)).toEqual(['advisory-lock', 'temp-object']);

  await client.end();
  await other.end();
  const none = await pinsOnce('no pin is left', (reply) => reply.pinned === 0);
  expect(none.totals).toEqual({ 'temp-object': 1, 'advisory-lock': 1 });
  expect(none.processes).toEqual([
    expect.objectContaining({ leftOut: 0, totals: { 'temp-object': 1, 'advisory-lock': 1 } }),
  ]);
});

test('an endpoint that is not there has no pins', async () => {
  const reply = await weir.controlApi.fetch('GET', pathOf('getPins', { endpointId: 'ep-calm-river-000000' }));
  expect(reply.status).toBe(404);
});
