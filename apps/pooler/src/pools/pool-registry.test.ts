// Which settings a pool gets: those of its role and database, when it is made and at each change of its endpoint.
import { createMemoryFleet } from '@weir/fleet';
import { createLogger } from '@weir/telemetry';
import { defaultEndpointSettings, type EndpointSettings, type PublishedEndpoint } from '@weir/tenancy';
import { afterAll, afterEach, expect, test } from 'vitest';
import { LeaseKeeper } from '../leases/lease-keeper.ts';
import { endpointOf } from '../testing/endpoint.ts';
import { PoolRegistry } from './pool-registry.ts';
import { PoolRunner } from './pool-runner.ts';

const log = createLogger({ name: 'test', level: 'silent' });
const leases = new LeaseKeeper({
  store: createMemoryFleet().leases,
  processId: 'test',
  now: () => 0,
  log,
  changed() {},
  lookForSilent() {},
});
const runner = new PoolRunner({
  policy: { allowLoopback: true, allowPrivate: true, denied: [] },
  serverConnectTimeoutMs: 1_000,
  now: () => 0,
  log,
  leases,
  distrust() {},
  readAgain: async () => {},
});
const registry = new PoolRegistry(runner, {
  processId: 'test',
  leases,
  directPairs: new Set(),
  now: () => 0,
});
afterEach(() => registry.close());
afterAll(() => leases.close());

function endpointWith(settings: Partial<EndpointSettings>, generation: number): PublishedEndpoint {
  return endpointOf({ generation, settings: { ...defaultEndpointSettings, ...settings } });
}

test('each pool has the settings of its role and database, also after a change', () => {
  const served = registry.serve(
    endpointWith(
      {
        poolSize: 7,
        overrides: [{ role: 'reports', database: null, settings: { mode: 'session', poolSize: 2 } }],
      },
      1,
    ),
  );
  const none = new Map<string, string>();
  const { pool } = served.poolFor('app', 'shop', none);
  const { pool: reports } = served.poolFor('reports', 'shop', none);
  const { pool: withGucs } = served.poolFor('reports', 'shop', new Map([['work_mem', '12MB']]));
  expect(pool.settings).toMatchObject({ mode: 'transaction', sizeMax: 7, queryTimeoutMs: 0 });
  for (const one of [reports, withGucs]) expect(one.settings).toMatchObject({ mode: 'session', sizeMax: 2 });

  const changed = endpointWith(
    {
      queryTimeoutMs: 5_000,
      poolSizeMin: 2,
      overrides: [{ role: 'app', database: 'shop', settings: { pinsMax: 3, stateTracking: 'strict' } }],
    },
    2,
  );
  registry.apply({ kind: 'changed', endpoint: changed, previous: served.endpoint });
  expect(pool.settings).toEqual({
    mode: 'transaction',
    stateTracking: 'strict',
    sizeMax: null,
    sizeMin: 2,
    queryWaitTimeoutMs: 60_000,
    serverIdleTimeoutMs: 300_000,
    serverLifetimeMs: 3_600_000,
    pinsMax: 3,
    pinIdleTimeoutMs: 0,
    clientIdleTimeoutMs: 0,
    idleInTransactionTimeoutMs: 0,
    queryTimeoutMs: 5_000,
    transactionTimeoutMs: 0,
  });
  for (const one of [reports, withGucs]) {
    expect(one.settings).toMatchObject({ mode: 'transaction', sizeMax: null, pinsMax: null });
    expect(one.settings.queryTimeoutMs).toBe(5_000);
  }
});

test('a deleted endpoint is served again once it is published anew, and not for a login that is late', () => {
  const before = endpointWith({}, 10);
  const served = registry.serve(before);
  const { pool } = served.poolFor('app', 'shop', new Map());
  registry.apply({ kind: 'deleted', endpointId: before.endpointId });
  expect([served.gone, pool.closed === null]).toEqual(['deleted', false]);
  expect(registry.serve(before).gone).toBe('deleted');
  expect(registry.serve(endpointWith({}, 12))).toBe(served);
  expect([served.gone, pool.closed]).toEqual([null, null]);
});
