// What every adapter must keep of leases, as tests that each adapter's test file calls. Nothing here knows an adapter.
import type { LeaseAnswer, LeaseNote, LeaseRequest } from '@weir/leases';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Fleet, LeaseAsk } from '../contract.ts';
import type { FleetFixture } from './contract-suite.ts';

/** A request of a holder that wants nothing and has nothing. */
export function exampleLeaseRequest(changes: Partial<LeaseRequest> = {}): LeaseRequest {
  return {
    upstream: 'db.example.com:5432',
    holder: 'pooler-1',
    seq: 1,
    budget: 10,
    keep: 0,
    used: 0,
    idle: 0,
    held: 0,
    wanted: 0,
    waitMs: 0,
    spare: 0,
    nonce: 'nonce',
    reopen: null,
    silent: null,
    checked: null,
    ...changes,
  };
}

/** Registers the suite for the adapter that `open` makes, over a memory that was declared fresh. */
export function describeLeaseContract(adapter: string, open: () => Promise<FleetFixture>): void {
  describe(`lease contract: ${adapter}`, { timeout: 180_000 }, () => {
    let fixture: FleetFixture;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(() => fixture.close());

    const ask = async (
      changes: Partial<LeaseRequest>,
      more: Partial<LeaseAsk> = {},
      fleet: Fleet = fixture.pooler,
    ): Promise<LeaseAnswer> => {
      const request = exampleLeaseRequest(changes);
      const [answer] = await fleet.leases.ask([{ request, opened: [], gone: [], ...more }]);
      return answer!;
    };

    test('what is granted to one is not granted to another, and together they never pass the budget', async () => {
      expect(await ask({ wanted: 6 })).toMatchObject({ current: true, open: true, share: 6, known: false });
      const other = { holder: 'pooler-2', wanted: 9 };
      expect(await ask(other, {}, fixture.controlPlane)).toMatchObject({ share: 4, budget: 10 });
      expect(await ask({ upstream: 'elsewhere:5432', holder: 'pooler-2', wanted: 9 })).toMatchObject({
        share: 9,
      });
    });

    test('several upstreams are asked for in one call, each with its own answer', async () => {
      const requests = [1, 2, 3].map((n) => exampleLeaseRequest({ upstream: `db${n}:5432`, wanted: n }));
      const answers = await fixture.pooler.leases.ask(
        requests.map((request) => ({ request, opened: [], gone: [] })),
      );
      expect(answers.map((answer) => answer?.share)).toEqual([1, 2, 3]);
    });

    test('a request that comes after a later one changes nothing', async () => {
      await ask({ seq: 5, wanted: 3 });
      expect(await ask({ seq: 4, keep: 0 })).toMatchObject({ current: false, share: 0, open: false });
      expect(await ask({ seq: 6, keep: 3, used: 3 })).toMatchObject({ current: true, share: 3, known: true });
    });

    test('who has idle ones is told at once that somebody waits, and the one who waits that slots came free', async () => {
      const notes: LeaseNote[] = [];
      fixture.pooler.leases.onNote((note) => notes.push(note));
      await ask({ wanted: 10 });
      // Over a connection nobody hears before its subscription is there, and asking again says it again.
      let seq = 1;
      await vi.waitFor(async () => {
        seq++;
        await ask({ seq, keep: 10, used: 10, idle: 4 });
        await ask({ holder: 'pooler-2', seq, wanted: 2, waitMs: 5 });
        expect(notes).toContainEqual({ upstream: 'db.example.com:5432', holder: 'pooler-1', limit: 8 });
      }, 60_000);
      notes.length = 0;
      await ask({ seq: seq + 1, keep: 8, used: 8, idle: 2 });
      await vi.waitFor(
        () =>
          expect(notes).toContainEqual({ upstream: 'db.example.com:5432', holder: 'pooler-2', limit: null }),
        60_000,
      );
    });

    test('all hear which process has ended, and who does not listen any more hears nothing', async () => {
      const heard: string[] = [];
      const former: string[] = [];
      fixture.pooler.leases.onEnded((processId) => former.push(processId))();
      const stop = fixture.pooler.leases.onEnded((processId) => heard.push(processId));
      await vi.waitFor(async () => {
        await fixture.controlPlane.leases.tellEnded('node "1" ä-0');
        expect(heard).toContain('node "1" ä-0');
      }, 60_000);
      stop();
      expect(former).toEqual([]);
    });

    test('server connections that were registered are seen by all, until they are gone or their holder is', async () => {
      const opened = [
        { processId: 71, role: 'app' },
        { processId: 72, role: 'über "role"' },
      ];
      await ask({ keep: 2, used: 2 }, { opened });
      await ask({ holder: 'pooler-2', keep: 1, used: 1 }, { opened: [{ processId: 73, role: 'app' }] });
      const servers = async (): Promise<unknown[]> => {
        const all = await fixture.controlPlane.leases.servers('db.example.com:5432');
        return all.map(({ holder, processId, role }) => `${holder} ${processId} ${role}`).sort();
      };
      expect(await servers()).toEqual(['pooler-1 71 app', 'pooler-1 72 über "role"', 'pooler-2 73 app']);
      await ask({ seq: 2, keep: 1, used: 1 }, { gone: [72] });
      expect(await servers()).toEqual(['pooler-1 71 app', 'pooler-2 73 app']);
      const silent = { holder: 'pooler-1', seq: 2, charge: 0 };
      expect((await ask({ holder: 'pooler-2', seq: 2, keep: 1, used: 1, silent })).others).toEqual([]);
      expect(await servers()).toEqual(['pooler-2 73 app']);
    });
  });
}
