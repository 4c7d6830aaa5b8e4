// Bans for failed logins, and the limit of connects a second, as clients and operators meet them, on two poolers over Redis.
import type { EndpointBansReply } from '@weir/api-contract';
import { startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliIn } from '../cli/run-cli.ts';

let weir: Weir;
const directory = temporaryDirectory('bans');
beforeAll(async () => {
  weir = await startWeir({
    poolers: 2,
    settings: { requireTls: false },
    poolerEnv: { WEIR_LOGIN_FAILURES_MAX: '6', WEIR_CONNECTS_PER_SECOND: '2', WEIR_CONNECT_BURST: '100' },
  });
  await weir.createRole('other');
});
afterAll(async () => {
  await weir?.close();
  directory.remove();
});

type Options = NonNullable<Parameters<Weir['client']>[0]>;

/** Null once a client is let in, else what it was told. */
const refusalOf = (options: Options) =>
  weir.client(options).then(
    (client) => client.end().then(() => null),
    (error: { code: string; message: string; hint?: string }) => error,
  );

const bansOf = () => weir.controlApi.call<EndpointBansReply>('GET', `/v1/endpoints/${weir.endpoint.id}/bans`);

test('failed logins at two poolers ban their source from the endpoint, until that is cleared', async () => {
  for (let i = 0; i < 6; i++) {
    const told = await refusalOf({ pooler: i % 2, password: 'wrong', direct: i === 3 });
    expect(told).toMatchObject({ code: '28P01' });
  }
  const { bans } = await bansOf();
  expect(bans).toEqual([{ source: '127.0.0.1', reason: 'failed-logins', until: expect.any(String) }]);
  const left = Date.parse(bans[0]!.until) - Date.now();
  expect(left).toBeGreaterThan(200_000);
  expect(left).toBeLessThanOrEqual(300_000);
  for (const pooler of [0, 1]) {
    // Seldom enough that what fails meanwhile does not reach the limit at this pooler alone.
    await waitUntil(
      async () => (await refusalOf({ pooler, role: 'nobody', password: 'x' }))?.code === '28000',
      {
        what: `pooler ${pooler} knows of the ban`,
        intervalMs: 1_200,
      },
    );
    const told = await refusalOf({ pooler, role: 'other' });
    expect(told?.message).toMatch(
      /^logins from 127\.0\.0\.1 to endpoint "ep-.*" are refused for another \d+ s, since too many have failed$/,
    );
    expect(told?.hint).toContain('weir bans');
  }
  // It has logged in at this pooler before, when the harness looked whether the endpoint is known.
  expect(await refusalOf({ pooler: 0 })).toBeNull();

  const cli = cliIn(directory.path, { WEIR_API_URL: weir.apiUrl, WEIR_API_KEY: weir.apiKey });
  const { id } = weir.endpoint;
  expect((await cli(['bans', id])).stdout).toMatch(
    /^SOURCE +UNTIL +REASON\n127\.0\.0\.1 +20.* +failed-logins\n$/,
  );
  expect((await cli(['bans', id, '--clear-source', '192.0.2.1'])).stdout).toBe('0 cleared\n');
  expect((await cli(['bans', id, '--clear-source', '127.0.0.1'])).stdout).toBe('1 cleared\n');
  expect((await cli(['bans', id])).stdout).toBe('nobody is banned\n');
  for (const pooler of [0, 1])
    await waitUntil(async () => (await refusalOf({ pooler, role: 'other' })) === null, {
      what: `pooler ${pooler} lets it in again`,
    });
  const audit = await weir.controlApi.call<{ items: { action: string; changes: unknown }[] }>(
    'GET',
    '/v1/audit?action=endpoint.clear-bans&limit=1',
  );
  expect(audit.items[0]).toMatchObject({
    changes: [
      { field: 'source', after: '127.0.0.1' },
      { field: 'cleared', after: 1 },
    ],
  });
});

test('without Redis a pooler bans by its own counts', async () => {
  const pid = weir.redis.pid!;
  process.kill(pid, 'SIGSTOP');
  try {
    for (let i = 0; i < 6; i++)
      expect(await refusalOf({ pooler: 1, password: 'wrong' })).toMatchObject({ code: '28P01' });
    expect(await refusalOf({ pooler: 1, role: 'nobody', password: 'x' })).toMatchObject({ code: '28000' });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});

/** Connects that had to wait at a pooler, of all endpoints. */
async function delayedAt(pooler: number): Promise<number> {
  const text = await weir.poolers[pooler]!.metrics();
  const counts = [...text.matchAll(/^weir_connects_delayed_total\{[^}]*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

test('more connects than an endpoint may have in a second wait at every pooler, and are refused after five seconds', async () => {
  const before = await delayedAt(1);
  // More than two bursts: the source may still be banned, or be so in the middle of it, and has other turns then.
  const rush = Array.from({ length: 250 }, (_, index) =>
    refusalOf({ pooler: 0, sslmode: index % 2 === 0 ? 'disable' : 'verify-full' }),
  );
  // Pooler 1 has given out next to nothing itself.
  await waitUntil(async () => (await refusalOf({ pooler: 1 })) !== null || (await delayedAt(1)) > before, {
    what: 'connects wait at the other pooler too',
    intervalMs: 100,
  });
  const told = (await Promise.all(rush)).filter((refusal) => refusal !== null);
  const texts = told.filter(({ code }) => code === '53300');
  expect(texts[0]?.message).toMatch(
    /^endpoint "ep-.*" gets more new connections than the 2 a second it may have, and this one waited 5 s for its turn$/,
  );
  expect(texts[0]?.hint).toContain('WEIR_CONNECTS_PER_SECOND');
  // Whoever is let in is served; who is not is told by the error, or by TLS before there was a handshake.
  for (const { code, message } of told) expect(`${code} ${message}`).toMatch(/^53300 |alert internal error/);
  expect(told.length).toBeLessThan(rush.length);
  expect(await weir.pooler.metrics()).toContain(
    `weir_errors_total{endpoint="${weir.endpoint.id}",code="CONNECT_RATE"} ${told.length}`,
  );
});
