// Bans for failed logins as clients and operators meet them, on two poolers over Redis.
import type { EndpointBansReply } from '@weir/api-contract';
import { startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliIn } from '../cli/run-cli.ts';

let weir: Weir;
const directory = temporaryDirectory('bans');
beforeAll(async () => {
  weir = await startWeir({ poolers: 2, poolerEnv: { WEIR_LOGIN_FAILURES_MAX: '6' } });
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
