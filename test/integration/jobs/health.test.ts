// The health of a database as the API and webhooks tell it: seen by checks and by poolers' reports, believed at the second look.
import type { AuditEntryReply, EndpointReply } from '@weir/api-contract';
import { exampleReport } from '@weir/fleet/testing';
import { waitUntil } from '@weir/harness';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../webhooks/receiver.ts';
import { type ControlPlane, createTenant, startControlPlane } from './control-plane.ts';

let plane: ControlPlane;
let receiver: Receiver;
let catalog: pg.Client;
beforeAll(async () => {
  [plane, receiver] = await Promise.all([startControlPlane(), startReceiver()]);
  catalog = new pg.Client({ connectionString: plane.catalog.url.replace(/\/postgres$/, '/weir') });
  await catalog.connect();
  await plane.api.call('POST', '/v1/webhooks', {
    url: receiver.url,
    events: ['endpoint.healthy', 'endpoint.failing', 'endpoint.unreachable', 'endpoint.budget-changed'],
  });
});
afterAll(async () => {
  await catalog?.end();
  await plane?.close();
  await receiver?.close();
});

const endpointOf = (id: string) => plane.api.call<EndpointReply>('GET', `/v1/endpoints/${id}`);

/** Waits until the state is there. Time is made to pass by the catalog: checks come due, and doubts grow old. */
function becomes(id: string, state: EndpointReply['health']['state']): Promise<EndpointReply> {
  const look = async () => {
    await catalog.query(
      `update endpoints set health_due_at = least(health_due_at, now()),
         health = case when health -> 'doubt' = 'null' then health
           else jsonb_set(health, '{doubt,since}', '"2026-01-01T00:00:00.000Z"') end`,
    );
    const endpoint = await endpointOf(id);
    return endpoint.health.state === state ? endpoint : null;
  };
  return waitUntil(look, { what: `the database is ${state}`, intervalMs: 300 });
}

const told = () => receiver.received.map(({ body }) => `${body.type} ${body.targetId}`);

test('a database that is stopped, given other limits and started is told of at each step, and its budget follows', async () => {
  const { endpoint } = await createTenant(plane);
  expect(endpoint.health).toMatchObject({ state: 'healthy', code: null, exceedsServer: false });
  const { budget, reservedConnections } = endpoint.sizing;
  await plane.upstream.sql(`alter system set superuser_reserved_connections = ${reservedConnections! + 10}`);
  await plane.upstream.stop();
  const { health } = await becomes(endpoint.id, 'unreachable');
  expect(health).toMatchObject({ code: 'upstream-refused', since: expect.stringMatching(/T/) });
  await plane.upstream.start();
  const after = await becomes(endpoint.id, 'healthy');
  expect(after.health).toMatchObject({ code: null, latencyMs: expect.any(Number) });
  expect(after.budget).toBe(budget - 10);
  expect(after.generation).toBe(endpoint.generation + 1);
  const expected = ['budget-changed', 'healthy', 'unreachable'].map(
    (what) => `endpoint.${what} ${endpoint.id}`,
  );
  await waitUntil(() => told().length >= 3, { what: 'the webhook was told' });
  expect(told().sort()).toEqual(expected);
  const { items } = await plane.api.call<{ items: AuditEntryReply[] }>(
    'GET',
    `/v1/audit?targetId=${endpoint.id}`,
  );
  const bySystem = items.filter(({ author }) => author === 'system').reverse();
  for (const entry of bySystem) {
    const nobody = { apiKeyId: null, trustRuleId: null, address: null, requestId: null };
    expect(entry).toMatchObject({ ...nobody, tenantId: endpoint.tenantId });
  }
  const healths = bySystem.filter(({ action }) => action === 'endpoint.change-health');
  expect(healths.map(({ changes }) => changes)).toEqual([
    [
      { field: 'health.state', before: 'healthy', after: 'unreachable' },
      { field: 'health.code', before: null, after: 'upstream-refused' },
    ],
    [
      { field: 'health.state', before: 'unreachable', after: 'healthy' },
      { field: 'health.code', before: 'upstream-refused', after: null },
    ],
  ]);
  const budgets = bySystem.filter(({ action }) => action === 'endpoint.change-budget');
  expect(budgets).toHaveLength(1);
  expect(budgets[0]!.changes).toContainEqual({
    field: 'sizing.budget',
    before: budget,
    after: budget - 10,
  });
  const isPublished = async () => {
    const found = await plane.fleet.directory.lookUp(endpoint.id);
    return found.kind === 'found' && found.endpoint.sizing.budget === budget - 10;
  };
  await waitUntil(isPublished, { what: 'the budget is published' });
});

test('what poolers report of a database counts as a look', async () => {
  const { endpoint } = await createTenant(plane);
  const example = exampleReport('pooler-1', 1);
  const [activity] = Object.values(example.endpoints);
  const trouble = { code: 'SERVER_LOGIN_REFUSED', sqlstate: '53300', forMs: 60_000 };
  const report = (upstream: NonNullable<typeof activity>['upstream']) =>
    plane.fleet.registry.report({ ...example, endpoints: { [endpoint.id]: { ...activity!, upstream } } });
  const look = async () => {
    await report({ answeredMsAgo: null, trouble, openMs: null });
    // No check comes in between: a pooler that gets in or not knows best.
    await catalog.query(
      `update endpoints set health_due_at = now() + interval '1 hour',
         health = case when health -> 'doubt' = 'null' then health
           else jsonb_set(health, '{doubt,since}', '"2026-01-01T00:00:00.000Z"') end`,
    );
    const { health } = await endpointOf(endpoint.id);
    return health.state === 'failing' ? health : null;
  };
  const health = await waitUntil(look, { what: 'the database is failing', intervalMs: 300 });
  expect(health).toMatchObject({ code: 'upstream-busy' });
});
