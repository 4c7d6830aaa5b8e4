// How one pooler leaves: who is in the middle of something ends it, who is idle hears why, a second signal means it.
import { type Pooler, startWeir, type Weir, waitUntil } from '@weir/harness';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clientsPerTest } from '../open-clients.ts';

let weir: Weir;
const connect = clientsPerTest(() => weir);
beforeEach(async () => {
  weir = await startWeir({
    poolers: 2,
    poolerEnv: { WEIR_DRAIN_TIMEOUT_MS: '4000', WEIR_BALANCER_WAIT_MS: '1000' },
  });
}, 120_000);
// The poolers that a test has ended are no news.
afterEach(() => weir?.close().catch(() => {}));

const readiness = async (pooler: Pooler) => (await fetch(`${pooler.adminUrl}/readyz`)).status;

test('readiness goes first, new clients are served until the listener closes, and transactions end in their own time', async () => {
  const pooler = weir.poolers[1]!;
  const [idle, busy] = await Promise.all([connect({ pooler: 1 }), connect({ pooler: 1 })]);
  let told: string | undefined;
  idle.on('error', (error: Error & { code?: string }) => {
    told ??= error.code;
  });
  await idle.query('select 1');
  await busy.query('begin');
  process.kill(pooler.pid, 'SIGTERM');
  await waitUntil(async () => (await readiness(pooler)) === 503, {
    what: 'not ready any more',
    intervalMs: 20,
  });
  const late = await weir.client({ pooler: 1 });
  expect((await late.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await late.end();
  await waitUntil(() => told !== undefined, { what: 'the idle client is told' });
  expect(told).toBe('57P01');
  expect((await busy.query('select 2 as two')).rows).toEqual([{ two: 2 }]);
  await busy.query('commit');
  await busy.end();
  expect(await pooler.process.exited).toMatchObject({ code: 0 });
});

test('who has not logged in when the time is over is told that nothing was sent', async () => {
  const pooler = weir.poolers[1]!;
  let asked = false;
  const password = () => {
    asked = true;
    return new Promise<string>(() => {});
  };
  const login = weir.client({ pooler: 1, config: { password } }).catch((error) => error);
  await waitUntil(() => asked, { what: 'it is asked for its password' });
  process.kill(pooler.pid, 'SIGTERM');
  expect(await login).toMatchObject({ code: '57P01' });
  expect(await pooler.process.exited).toMatchObject({ code: 0 });
});

test('a client of the direct host is told when the time is over, once, and the pooler goes', async () => {
  const pooler = weir.poolers[1]!;
  const direct = await connect({ pooler: 1, direct: true });
  const told: (string | undefined)[] = [];
  direct.on('error', (error: Error & { code?: string }) => told.push(error.code));
  const ended = new Promise((resolve) => direct.once('end', resolve));
  await direct.query('begin');
  process.kill(pooler.pid, 'SIGTERM');
  await ended;
  expect(told.filter((code) => code === '57P01')).toHaveLength(1);
  expect(await pooler.process.exited).toMatchObject({ code: 0 });
});

test('the same signal again ends at once, whoever is still there', async () => {
  const pooler = weir.poolers[1]!;
  const busy = await connect({ pooler: 1 });
  await busy.query('begin');
  process.kill(pooler.pid, 'SIGTERM');
  await waitUntil(async () => (await readiness(pooler)) === 503, { what: 'it drains', intervalMs: 20 });
  process.kill(pooler.pid, 'SIGTERM');
  expect(await pooler.process.exited).toMatchObject({ code: 1 });
});
