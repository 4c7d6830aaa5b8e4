// Who may connect by the address it comes from: on both hosts, from the next connection on after a change.
import { runPsql, startWeir, type Weir, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';

let weir: Weir;
beforeAll(async () => {
  weir = await startWeir();
});
afterAll(() => weir?.close());

const allow = (allowedAddresses: readonly string[] | null) =>
  weir.controlApi.call('PATCH', `/v1/endpoints/${weir.endpoint.id}`, { settings: { allowedAddresses } });

/** Null once a client is let in, else what it was told. */
const refusalOf = (direct: boolean) =>
  weir.client({ direct }).then(
    (client) => client.end().then(() => null),
    (error: { code: string; message: string; hint?: string }) => error,
  );

test('a list is in force with the next connection, names whom it refuses, and disturbs nobody who is in', async () => {
  const before = await weir.client();
  await allow(['203.0.113.0/24', '2001:db8::/32']);
  const told = await waitUntil(() => refusalOf(false), { what: 'the list is in force' });
  expect(told).toMatchObject({
    code: '28000',
    message: `connections from 127.0.0.1 to endpoint "${weir.endpoint.id}" are not allowed`,
    hint: expect.stringContaining('allowedAddresses'),
  });
  expect(await refusalOf(true)).toMatchObject({ code: '28000' });
  // Not even the password is asked for.
  const { stderr } = await runPsql(weir.pooledUrl({ password: 'wrong' }), 'select 1');
  expect(stderr).toContain('connections from 127.0.0.1');
  expect((await before.query('select 1 as one')).rows).toEqual([{ one: 1 }]);

  await allow(['203.0.113.0/24', '127.0.0.0/8']);
  await waitUntil(async () => (await refusalOf(false)) === null, { what: 'the longer list is in force' });
  expect(await refusalOf(true)).toBeNull();
  await allow(null);
  await before.end();
});

test('what is no address is refused by the API, by its place in the list', async () => {
  const reply = await weir.controlApi.fetch('PATCH', `/v1/endpoints/${weir.endpoint.id}`, {
    settings: { allowedAddresses: ['10.0.0.0/8', '10.0.0.0/40'] },
  });
  expect(reply.status).toBe(422);
  expect(await reply.json()).toMatchObject({ errors: [{ field: 'settings.allowedAddresses.1' }] });
});
