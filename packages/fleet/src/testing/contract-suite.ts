// What every fleet adapter must do, as tests that each adapter's test file calls. Nothing here knows an adapter.
import { defaultEndpointSettings, noOrders, type PublishedEndpoint } from '@weir/tenancy';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type CancelRequest,
  type Fleet,
  FleetUnavailableError,
  type PinReport,
  type ProcessReport,
  pinStatementCharactersMax,
  pinsReportedMax,
  type UsageReport,
} from '../contract.ts';

/** Two processes over the same, empty shared state; in memory both are one. Reports must live `suiteReportTtlMs`. */
export interface FleetFixture {
  readonly controlPlane: Fleet;
  readonly pooler: Fleet;
  close(): Promise<void>;
}

// How long a condition is waited for before a test fails; on a busy machine a second is nothing.
const patience = { timeout: 60_000, interval: 10 };

/** Short, so that the suite need not wait the 5 s of a real fleet; long enough to be seen alive. */
export const suiteReportTtlMs = 1_500;

/** A complete record with secrets in it, as the control plane would publish one. */
export function examplePublishedEndpoint(changes: Partial<PublishedEndpoint> = {}): PublishedEndpoint {
  return {
    endpointId: 'ep-quiet-heron-a1b2c3',
    tenantId: 'tn_0123456789abcdefghij',
    tenantName: 'Example',
    status: 'active',
    kind: 'read_write',
    region: 'default',
    cell: 'default',
    generation: 1,
    upstream: {
      id: 'db.example.com:5432',
      host: 'db.example.com',
      port: 5432,
      tlsMode: 'verify-full',
      caPem: null,
      serverVersion: '18.4',
    },
    defaultDatabase: 'app',
    sizing: {
      ramBytes: 2 ** 30,
      divisorBytes: 9_531_392,
      cap: 4_000,
      reserve: 7,
      maxConnections: 100,
      reservedConnections: 3,
      budget: 90,
    },
    settings: {
      ...defaultEndpointSettings,
      mode: 'session',
      queryWaitTimeoutMs: 15_000,
      serverIdleTimeoutMs: 60_000,
      overrides: [{ database: 'app', role: 'reports', settings: { mode: 'transaction', pinsMax: null } }],
    },
    serviceRole: { name: 'weir', password: 'weir-service-password' },
    orders: noOrders,
    authQuery: null,
    credentials: [],
    mockSecret: 'bW9jaw==',
    roles: [
      {
        name: 'app',
        verifier: null,
        verifierIsServers: false,
        password: 'app-password',
        validUntil: null,
        previous: null,
      },
    ],
    ...changes,
  };
}

/** The same as a release would have published it that knew neither modes nor timeouts nor overrides. */
export function exampleOfEarlierRelease(): PublishedEndpoint {
  const { settings, orders: _, kind: _k, region: _r, cell: _c, ...endpoint } = examplePublishedEndpoint();
  const { poolSize, clientConnectionsMax, queryWaitTimeoutMs, serverIdleTimeoutMs, serverLifetimeMs } =
    settings;
  const known = { poolSize, clientConnectionsMax, queryWaitTimeoutMs, serverIdleTimeoutMs, serverLifetimeMs };
  return { ...endpoint, settings: { ...known, requireTls: false } } as unknown as PublishedEndpoint;
}

export function examplePin(changes: Partial<PinReport> = {}): PinReport {
  return {
    reason: 'temp-object',
    statement: null,
    role: 'app',
    database: 'app',
    applicationName: null,
    since: '2026-01-02T03:04:06.789Z',
    idleMs: null,
    ...changes,
  };
}

export function exampleReport(processId: string, transactionsTotal = 0): ProcessReport {
  const activity = {
    clientsActive: 1,
    clientsIdle: 2,
    clientsWaiting: 3,
    serversActive: 4,
    serversIdle: 5,
    serversOpening: 6,
    serversDirect: 7,
    serversPinned: 8,
    transactionsTotal,
    generation: 3,
    pins: {
      newest: [
        examplePin({ statement: 'create temp table t (id int)', applicationName: 'shop', idleMs: 1_500 }),
        examplePin({ reason: 'listen', database: 'Größe "7"' }),
      ],
      leftOut: 6,
      totals: { 'temp-object': 9, listen: 1 },
    },
    addresses: { clients: { '203.0.113.7': 4, '2001:db8::5': 1 }, leftOut: 1 },
    upstream: {
      answeredMsAgo: 12,
      trouble: { code: 'SERVER_UNREACHABLE', sqlstate: '08006', forMs: 900 },
      openMs: 3,
    },
    errors: { CLIENT_LIMIT: 4 },
    waits: [9, 0, 2],
    executions: [1, 2, 3],
  };
  return {
    processId,
    startedAt: '2026-01-02T03:04:05.000Z',
    endpoints: { 'ep-quiet-heron-a1b2c3': activity },
  };
}

export function exampleUsage(processId: string, transactions: number): UsageReport {
  const startedAt = '2026-01-02T03:04:05.000Z';
  const counters = {
    countedSince: startedAt,
    clientsPeak: 7,
    clientSeconds: 60.5,
    serverConnectionSeconds: 12.25,
    transactions,
    queries: 9,
    bytesReceived: 1_000,
    bytesSent: 2_000,
    waitSeconds: 0.125,
  };
  return {
    processId,
    startedAt,
    reportedAt: '2026-01-02T03:05:05.000Z',
    endpoints: { 'ep-quiet-heron-a1b2c3': counters },
  };
}

/** Registers the suite for the adapter that `open` makes. */
export function describeFleetContract(adapter: string, open: () => Promise<FleetFixture>): void {
  describe(`fleet contract: ${adapter}`, { timeout: 180_000 }, () => {
    let fixture: FleetFixture;
    const endpoint = examplePublishedEndpoint();
    const { endpointId } = endpoint;
    const lookUp = () => fixture.pooler.directory.lookUp(endpointId);

    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(() => fixture.close());

    test('a miss is not known yet until publication is complete, and absent after', async () => {
      expect(await lookUp()).toEqual({ kind: 'not-known-yet' });
      expect(await fixture.controlPlane.publisher.completeEpoch()).toBeNull();
      await fixture.controlPlane.publisher.markComplete(3);
      expect(await lookUp()).toEqual({ kind: 'absent' });
      expect(await fixture.controlPlane.publisher.completeEpoch()).toBe(3);
    });

    test('a published endpoint is found, whole, before publication is complete too', async () => {
      expect(await fixture.controlPlane.publisher.publish(endpoint, 1)).toBe('applied');
      expect(await lookUp()).toEqual({ kind: 'found', endpoint });
    });

    test('what the publisher changes in its object afterwards is not published', async () => {
      const mutable = structuredClone(endpoint) as { defaultDatabase: string } & PublishedEndpoint;
      await fixture.controlPlane.publisher.publish(mutable, 1);
      mutable.defaultDatabase = 'other';
      expect(await lookUp()).toEqual({ kind: 'found', endpoint });
    });

    test('a record is replaced by a higher generation only', async () => {
      const { publisher } = fixture.controlPlane;
      const second = examplePublishedEndpoint({ generation: 2, defaultDatabase: 'second' });
      expect(await publisher.publish(second, 1)).toBe('applied');
      expect(await publisher.publish(endpoint, 1)).toBe('stale');
      expect(await publisher.publish({ ...second, defaultDatabase: 'same generation' }, 1)).toBe('stale');
      expect(await lookUp()).toEqual({ kind: 'found', endpoint: second });
    });

    test('generations compare as numbers, not as text', async () => {
      const { publisher } = fixture.controlPlane;
      await publisher.publish(examplePublishedEndpoint({ generation: 9 }), 1);
      expect(await publisher.publish(examplePublishedEndpoint({ generation: 10 }), 1)).toBe('applied');
      expect(await publisher.publish(examplePublishedEndpoint({ generation: 9 }), 10)).toBe('applied');
      expect(await publisher.publish(examplePublishedEndpoint({ generation: 99 }), 9)).toBe('stale');
    });

    test('a higher epoch wins over any generation, and a lower one never', async () => {
      const { publisher } = fixture.controlPlane;
      await publisher.publish(examplePublishedEndpoint({ generation: 500 }), 1);
      const restored = examplePublishedEndpoint({ generation: 3, defaultDatabase: 'restored' });
      expect(await publisher.publish(restored, 2)).toBe('applied');
      expect(await publisher.publish(examplePublishedEndpoint({ generation: 501 }), 1)).toBe('stale');
      expect(await lookUp()).toEqual({ kind: 'found', endpoint: restored });
    });

    test('a retired endpoint is deleted, and a late publication does not bring it back', async () => {
      const { publisher } = fixture.controlPlane;
      await publisher.publish(endpoint, 1);
      expect(await publisher.retire(endpointId, 2, 1)).toBe('applied');
      expect(await lookUp()).toEqual({ kind: 'deleted' });
      expect(await publisher.publish(examplePublishedEndpoint({ generation: 2 }), 1)).toBe('stale');
      expect(await publisher.retire(endpointId, 2, 1)).toBe('stale');
      expect(await lookUp()).toEqual({ kind: 'deleted' });
    });

    test('retiring an endpoint that was never published leaves a tombstone too', async () => {
      const { publisher } = fixture.controlPlane;
      expect(await publisher.retire(endpointId, 2, 1)).toBe('applied');
      expect(await publisher.publish(endpoint, 1)).toBe('stale');
      expect(await lookUp()).toEqual({ kind: 'deleted' });
    });

    test('what a complete publication of a later epoch does not name is absent', async () => {
      const { publisher } = fixture.controlPlane;
      await publisher.publish(endpoint, 1);
      await publisher.markComplete(1);
      await publisher.publish(examplePublishedEndpoint({ endpointId: 'ep-new-owl-d4e5f6' }), 2);
      expect(await lookUp()).toEqual({ kind: 'found', endpoint });
      await publisher.markComplete(2);
      expect(await lookUp()).toEqual({ kind: 'absent' });
      expect((await fixture.pooler.directory.lookUp('ep-new-owl-d4e5f6')).kind).toBe('found');
    });

    test('the complete marker is never lowered', async () => {
      const { publisher } = fixture.controlPlane;
      await publisher.markComplete(5);
      await publisher.markComplete(4);
      expect(await publisher.completeEpoch()).toBe(5);
    });

    test('ids that look like keys or fields of the store are ordinary misses', async () => {
      await fixture.controlPlane.publisher.markComplete(1);
      for (const id of ['', '__proto__', 'constructor', '*', 'a:b', 'weir:complete', '\n', 'ü'.repeat(300)]) {
        expect(await fixture.pooler.directory.lookUp(id)).toEqual({ kind: 'absent' });
      }
    });

    test('a process tells which seal keys it has until it leaves', async () => {
      const { controlPlane, pooler } = fixture;
      const report = { processId: 'one', process: 'worker', keyIds: ['k2', 'k1'], fault: null } as const;
      const faulty = { processId: 'two', process: 'pooler', keyIds: ['k1'], fault: 'cut off' } as const;
      await pooler.sealKeys.report(faulty);
      await controlPlane.sealKeys.report(report);
      expect(await controlPlane.sealKeys.all()).toEqual(expect.arrayContaining([report, faulty]));
      await pooler.sealKeys.leave('two');
      expect(await controlPlane.sealKeys.all()).toEqual([report]);
    });

    test('what is not there, or no longer, is sealed with no key', async () => {
      const { publisher } = fixture.controlPlane;
      await publisher.retire('ep-gone-owl-000000', 1, 1);
      expect(await publisher.sealKeyIds(['ep-gone-owl-000000', 'ep-never-owl-000000'])).toEqual([null, null]);
      expect(await publisher.sealKeyIds([])).toEqual([]);
    });

    test('listeners hear each change that was applied, by its endpoint id, and no stale one', async () => {
      const { publisher } = fixture.controlPlane;
      const heard = await listen(fixture.pooler);
      await publisher.publish(endpoint, 1);
      await publisher.publish(endpoint, 1);
      await publisher.retire(endpointId, 2, 1);
      // Order holds among those of one node of a cluster; of so many some are on the same one.
      const last = Array.from({ length: 12 }, (_, index) => `ep-last-wren-${String(index).padStart(6, '0')}`);
      for (const id of last) await publisher.publish(examplePublishedEndpoint({ endpointId: id }), 1);
      await vi.waitFor(() => expect(heard).toEqual(expect.arrayContaining(last)), patience);
      expect([...heard].sort()).toEqual([...last, endpointId, endpointId].sort());
    });

    test('a change that was heard is already there to be looked up', async () => {
      await listen(fixture.pooler);
      const answers: string[] = [];
      fixture.pooler.directory.onChange(async (id) => {
        if (id !== null) answers.push((await fixture.pooler.directory.lookUp(id)).kind);
      });
      await fixture.controlPlane.publisher.publish(endpoint, 1);
      await vi.waitFor(() => expect(answers).toEqual(['found']), patience);
    });

    test('a moved complete marker asks listeners to look at everything again', async () => {
      const heard = await listen(fixture.pooler);
      await fixture.controlPlane.publisher.markComplete(1);
      await vi.waitFor(() => expect(heard).toEqual([null]), patience);
    });

    test('an unsubscribed listener hears nothing, the others go on', async () => {
      const gone: (string | null)[] = [];
      fixture.pooler.directory.onChange((id) => gone.push(id))();
      const heard = await listen(fixture.pooler);
      await fixture.controlPlane.publisher.publish(endpoint, 1);
      await vi.waitFor(() => expect(heard).toEqual([endpointId]), patience);
      expect(gone).toEqual([]);
    });

    test('reports of all processes are seen by all, each in its last form', async () => {
      // Reported anew by each try: on a machine that stands still for a while the first ones may be gone again.
      await vi.waitFor(async () => {
        await fixture.pooler.registry.report(exampleReport('pooler-1', 1));
        await fixture.pooler.registry.report(exampleReport('pooler-2', 2));
        await fixture.pooler.registry.report(exampleReport('pooler-1', 3));
        const all = [...(await fixture.controlPlane.registry.all())];
        all.sort((a, b) => (a.processId < b.processId ? -1 : 1));
        expect(all).toEqual([exampleReport('pooler-1', 3), exampleReport('pooler-2', 2)]);
      }, patience);
    });

    test('as many pins as a report may name arrive whole, in their order', async () => {
      const { startedAt, endpoints } = exampleReport('pooler-1');
      const newest = Array.from({ length: pinsReportedMax }, (_, index) =>
        examplePin({ role: `role${index}`, statement: 'é'.repeat(pinStatementCharactersMax) }),
      );
      const pins = { newest, leftOut: 1_000, totals: { listen: 1_050 } };
      const activity = { ...endpoints[endpointId]!, pins };
      await vi.waitFor(async () => {
        await fixture.pooler.registry.report({
          processId: 'pooler-1',
          startedAt,
          endpoints: { [endpointId]: activity },
        });
        const [report] = await fixture.controlPlane.registry.all();
        expect(report?.endpoints[endpointId]?.pins).toEqual(pins);
      }, patience);
    });

    test('what was used is told by the last report of each start of each process, also of those that left', async () => {
      const later = { ...exampleUsage('pooler-1', 1), startedAt: '2026-01-02T04:00:00.000Z' };
      await vi.waitFor(async () => {
        await fixture.pooler.usage.report(exampleUsage('pooler-1', 2));
        await fixture.pooler.usage.report(later);
        await fixture.pooler.usage.report(exampleUsage('pooler-1', 3));
        await fixture.pooler.registry.leave('pooler-1');
        const all = [...(await fixture.controlPlane.usage.all())];
        all.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
        expect(all).toEqual([exampleUsage('pooler-1', 3), later]);
      }, patience);
    });

    test('a process that leaves is gone at once; leaving twice does no harm', async () => {
      await fixture.pooler.registry.report(exampleReport('pooler-1'));
      await fixture.pooler.registry.leave('pooler-1');
      await fixture.pooler.registry.leave('pooler-1');
      expect(await fixture.controlPlane.registry.all()).toEqual([]);
      expect(await fixture.controlPlane.registry.silent()).toEqual([]);
    });

    test('a report that is not renewed is gone after its time to live, a renewed one stays', async () => {
      const { registry } = fixture.pooler;
      await registry.report(exampleReport('silent'));
      await vi.waitFor(
        async () => {
          await registry.report(exampleReport('renewed'));
          const ids = (await fixture.controlPlane.registry.all()).map((report) => report.processId);
          expect(ids).toEqual(['renewed']);
          expect(await fixture.controlPlane.registry.silent()).toEqual(['silent']);
        },
        { timeout: patience.timeout, interval: suiteReportTtlMs / 8 },
      );
    });

    test('a cancel request reaches who gave the key, and is answered when that is done', async () => {
      const heard: unknown[] = [];
      let finish = (): void => {};
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const request = { processId: 7 * 2 ** 19 + 3, secretKey: new Uint8Array(256).fill(200) };
      fixture.pooler.cancels.receive(7, async ({ processId, secretKey }) => {
        heard.push({ processId, secretKey: Uint8Array.from(secretKey) });
        await finished;
        return true;
      });
      let known: number | null = null;
      const forwarded = forwardWhenHeard(fixture.controlPlane, 7, request).then((count) => {
        known = count;
      });
      await vi.waitFor(() => expect(heard).toEqual([request]), patience);
      expect(known).toBeNull();
      finish();
      await forwarded;
      expect(known).toBe(1);
    });

    test('of several processes with one number each hears the request, and those that know the key count', async () => {
      let heard = 0;
      for (const knows of [false, true, false]) {
        fixture.pooler.cancels.receive(9, async () => {
          heard++;
          return knows;
        });
      }
      fixture.pooler.cancels.receive(9, () => Promise.reject(new Error('cannot')));
      fixture.pooler.cancels.receive(8, async () => {
        heard += 100;
        return true;
      });
      const request = { processId: 9 * 2 ** 19, secretKey: new Uint8Array(4) };
      expect(await forwardWhenHeard(fixture.controlPlane, 9, request)).toBe(1);
      expect(heard).toBe(3);
    });

    test('a cancel request that nobody hears for is answered at once', async () => {
      const remove = fixture.pooler.cancels.receive(5, async () => true);
      const request = { processId: 5 * 2 ** 19, secretKey: new Uint8Array(4) };
      expect(await forwardWhenHeard(fixture.controlPlane, 5, request)).toBe(1);
      remove();
      expect(await fixture.controlPlane.cancels.forward(5, request)).toBe(0);
      expect(await fixture.controlPlane.cancels.forward(6, request)).toBe(0);
    });

    test('failed logins of a source at an endpoint ban it there and nowhere else, and a ban has an end', async () => {
      const { bans } = fixture.pooler;
      const rule = { failuresMax: 3, windowMs: 60_000, banMs: 60_000 };
      const fail = (id: string, source: string) => bans.failed(id, source, rule);
      const before = await fixture.controlPlane.bans.read(null);
      expect(before?.bans).toEqual([]);
      expect(await fixture.controlPlane.bans.read(before!.version)).toBeNull();
      expect([await fail(endpointId, '192.0.2.1'), await fail(endpointId, '192.0.2.2')]).toEqual([
        false,
        false,
      ]);
      expect(await fail(endpointId, '192.0.2.1')).toBe(false);
      expect(await fail('ep-other-owl-d4e5f6', '192.0.2.1')).toBe(false);
      expect(await fail(endpointId, '192.0.2.1')).toBe(true);
      const read = await fixture.controlPlane.bans.read(before!.version);
      expect(read!.bans).toEqual([{ endpointId, source: '192.0.2.1', leftMs: expect.any(Number) }]);
      expect(read!.bans[0]!.leftMs).toBeGreaterThan(30_000);
      expect(read!.bans[0]!.leftMs).toBeLessThanOrEqual(60_000);
      expect(await fixture.controlPlane.bans.read(read!.version)).toBeNull();
      // It is counted from the beginning after a ban.
      expect(await fail(endpointId, '192.0.2.1')).toBe(false);
      const short = { failuresMax: 1, windowMs: 60_000, banMs: 50 };
      expect(await bans.failed(endpointId, '192.0.2.9', short)).toBe(true);
      await vi.waitFor(
        async () => expect((await bans.read(null))!.bans.map(({ source }) => source)).toEqual(['192.0.2.1']),
        patience,
      );
    });

    test('counts end with their window, and bans are cleared of one source or of all, with what was counted', async () => {
      const { bans } = fixture.controlPlane;
      const rule = { failuresMax: 2, windowMs: 60_000, banMs: 60_000 };
      const short = { ...rule, windowMs: 20 };
      expect(await bans.failed('ep-short-owl-d4e5f6', '192.0.2.1', short)).toBe(false);
      await new Promise((done) => setTimeout(done, 60));
      expect(await bans.failed('ep-short-owl-d4e5f6', '192.0.2.1', short)).toBe(false);
      for (const source of ['192.0.2.1', '192.0.2.2', '2001:db8:0:1::/64'])
        for (let i = 0; i < 2; i++) await bans.failed(endpointId, source, rule);
      await bans.failed(endpointId, '192.0.2.7', rule);
      const { version } = (await bans.read(null))!;
      expect(await bans.clear(endpointId, '192.0.2.1')).toBe(1);
      expect(await bans.clear(endpointId, '192.0.2.1')).toBe(0);
      const left = (await fixture.pooler.bans.read(version))!.bans.map(({ source }) => source).sort();
      expect(left).toEqual(['192.0.2.2', '2001:db8:0:1::/64']);
      expect(await bans.clear('ep-other-owl-d4e5f6', null)).toBe(0);
      expect(await bans.clear(endpointId, null)).toBe(2);
      expect(await bans.failed(endpointId, '192.0.2.7', rule)).toBe(false);
      expect((await bans.read(null))!.bans).toEqual([]);
    });

    test('connects are taken from one bucket by all, which time fills again', async () => {
      const rule = { perSecond: 100, burst: 50 };
      const spend = async (fleet: Fleet, taken: Record<string, number>) =>
        Object.fromEntries(await fleet.connects.spend(new Map(Object.entries(taken)), rule));
      const other = 'ep-other-owl-d4e5f6';
      const first = await spend(fixture.pooler, { [endpointId]: 20, [other]: 1 });
      expect(first[endpointId]).toBe(30);
      expect(first[other]).toBe(49);
      const second = await spend(fixture.controlPlane, { [endpointId]: 100_000 });
      // Not a second has passed, by far; and what is owed can be more than it holds.
      expect(second[endpointId]).toBeGreaterThanOrEqual(30 - 100_000);
      expect(second[endpointId]).toBeLessThan(50 - 100_000 + 100);
      expect((await spend(fixture.pooler, { [other]: 0 }))[other]).toBeGreaterThanOrEqual(49);
      await vi.waitFor(
        async () => expect(await spend(fixture.pooler, { [other]: 0 })).toEqual({ [other]: 50 }),
        patience,
      );
      const owed = (await spend(fixture.pooler, { [endpointId]: 0 }))[endpointId]!;
      expect(owed).toBeGreaterThan(second[endpointId]!);
      expect(await spend(fixture.pooler, {})).toEqual({});
    });

    test('a fleet is healthy while shared state answers and rejects as unavailable once closed', async () => {
      await lookUp();
      expect(fixture.pooler.healthy()).toBe(true);
      await fixture.pooler.close();
      expect(fixture.pooler.healthy()).toBe(false);
      await expect(lookUp()).rejects.toBeInstanceOf(FleetUnavailableError);
      await expect(fixture.pooler.publisher.completeEpoch()).rejects.toBeInstanceOf(FleetUnavailableError);
      const request = { processId: 2 ** 19, secretKey: new Uint8Array(4) };
      await expect(fixture.pooler.cancels.forward(1, request)).rejects.toBeInstanceOf(FleetUnavailableError);
      await expect(fixture.pooler.registry.all()).rejects.toBeInstanceOf(FleetUnavailableError);
      await expect(fixture.pooler.bans.read(null)).rejects.toBeInstanceOf(FleetUnavailableError);
      const spent = fixture.pooler.connects.spend(new Map([[endpointId, 1]]), { perSecond: 1, burst: 1 });
      await expect(spent).rejects.toBeInstanceOf(FleetUnavailableError);
      await fixture.pooler.close();
    });
  });
}

/** Forwards `request` once somebody knows its key: both ends may need a connection first. */
async function forwardWhenHeard(fleet: Fleet, giver: number, request: CancelRequest): Promise<number> {
  let known = 0;
  await vi.waitFor(async () => {
    known = await fleet.cancels.forward(giver, request);
    expect(known).toBeGreaterThan(0);
  }, patience);
  return known;
}

/** Collects what `fleet` hears from the moment it surely hears: an adapter may need a connection for that. */
async function listen(fleet: Fleet): Promise<(string | null)[]> {
  const heard: (string | null)[] = [];
  fleet.directory.onChange((id) => heard.push(id));
  // Over a connection the first news is «look at everything»; in memory there is none, as there is nothing to miss.
  if (fleet.kind !== 'memory') await vi.waitFor(() => expect(heard).toEqual([null]), patience);
  heard.length = 0;
  return heard;
}
