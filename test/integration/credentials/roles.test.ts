// Roles of an endpoint: made, taken over, rotated and forgotten over the API, and logged in with through the pooler.
import type { RolePasswordReply } from '@weir/api-contract';
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../control-api/api-client.ts';
import { clientsPerTest, one } from '../open-clients.ts';

let weir: Weir;
let api: ReturnType<typeof clientOf>;
let params: { endpointId: never };
beforeAll(async () => {
  weir = await startWeir({ budget: 10 });
  api = clientOf(weir.apiUrl, weir.apiKey);
  params = { endpointId: weir.endpoint.id as never };
});
afterAll(() => weir?.close());
const connect = clientsPerTest(() => weir);

/** The SQLSTATE with which a login is refused, or who the database says it is. */
async function logIn(role: string, password: string, direct = false): Promise<unknown> {
  try {
    return await one(await connect({ role, password, direct }), 'select current_user');
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
}

async function refused(call: Promise<unknown>, slug: string, status: number): Promise<void> {
  await expect(call).rejects.toMatchObject({ status, problem: { type: `/problems/${slug}` } });
}

/** A pooler hears of a change in its own time; from then on the answer stays. */
const becomes = (what: string, ask: () => Promise<unknown>, answer: unknown) =>
  waitUntil(async () => (await ask()) === answer, { what });

const make = (name: string, memberOf: string[] = []): Promise<RolePasswordReply> =>
  api.createRole({ params, body: { name, memberOf } });

test('a role is created in the database with a password that logs in on both hosts and is shown once', async () => {
  const made = await make('made', ['pg_read_all_data']);
  expect(made.role).toMatchObject({
    name: 'made',
    keeps: 'password',
    verifierIsServers: true,
    rotation: null,
  });
  expect(made.connectionStrings.pooled).toContain(`made:${made.password}@`);
  await becomes('the role is known', () => logIn('made', made.password), 'made');
  expect(await logIn('made', made.password, true)).toBe('made');
  expect(await logIn('made', 'wrong')).toBe('28P01');
  const member = await connect({ role: 'made', password: made.password });
  expect(await one(member, "select pg_has_role('pg_read_all_data', 'member')")).toBe(true);
  // Straight at the database too.
  const rows = await weir.postgres.sql("select rolpassword from pg_authid where rolname = 'made'");
  expect(rows[0]).toMatchObject({ rolpassword: expect.stringMatching(/^SCRAM-SHA-256\$4096:/) });
  const list = await api.listRoles({ params });
  expect(list.items.map((role) => role.name)).toContain('made');
  expect(JSON.stringify(await api.listAudit({})) + JSON.stringify(list)).not.toContain(made.password);
});

test('a role that the database has is not created, and is imported with its password or by its verifier', async () => {
  await weir.createRole('there', 'there-pw');
  await refused(make('there'), 'role-exists', 409);
  const wrong = api.importRole({ params, body: { name: 'there', password: 'nope' } });
  await refused(wrong, 'upstream-password-wrong', 422);
  const byVerifier = await api.importRole({ params, body: { name: 'there' } });
  expect(byVerifier).toMatchObject({ keeps: 'verifier', verifierIsServers: true });
  const roleParams = { ...params, roleName: 'there' };
  await refused(api.rotateRole({ params: roleParams, body: {} }), 'role-password-unknown', 409);
  const sealed = await api.importRole({ params, body: { name: 'there', password: 'there-pw' } });
  expect(sealed.keeps).toBe('password');
  expect(await api.getRole({ params: roleParams })).toEqual(sealed);
  await becomes('the role logs in', () => logIn('there', 'there-pw'), 'there');
  const absent = api.importRole({ params, body: { name: 'nobody' } });
  await refused(absent, 'upstream-verifier-missing', 422);
});

test('after a rotation both passwords log in on both hosts until the overlap is over or ended, and in the database only the new one', async () => {
  const { password: first } = await make('turning');
  await becomes('the role is known', () => logIn('turning', first), 'turning');
  const roleParams = { ...params, roleName: 'turning' };
  const open = await connect({ role: 'turning', password: first });
  const rotated = await api.rotateRole({ params: roleParams, body: { overlapSeconds: 600 } });
  const second = rotated.password;
  expect(rotated.role.rotation).toMatchObject({ isFinished: true });
  for (const direct of [false, true]) {
    for (const password of [second, first]) expect(await logIn('turning', password, direct)).toBe('turning');
  }
  // Who was connected stays so.
  expect(await one(open, 'select 1')).toBe(1);
  // Of three passwords the oldest stops to open, and without an overlap only the newest opens.
  const { password: third } = await api.rotateRole({ params: roleParams, body: {} });
  expect(await logIn('turning', third)).toBe('turning');
  expect(await logIn('turning', second)).toBe('turning');
  expect(await logIn('turning', first)).toBe('28P01');
  const ended = await api.endOverlap({ params: roleParams });
  expect(ended).toMatchObject({ rotation: null, rotatedAt: expect.any(String) });
  expect(await api.endOverlap({ params: roleParams })).toEqual(ended);
  await becomes('the password before is refused', () => logIn('turning', second), '28P01');
  for (const direct of [false, true]) expect(await logIn('turning', third, direct)).toBe('turning');
  const last = await api.rotateRole({ params: roleParams, body: { overlapSeconds: 0 } });
  expect(last.role.rotation).toBeNull();
  expect(await logIn('turning', last.password)).toBe('turning');
  await becomes('the password before is refused', () => logIn('turning', third), '28P01');
});

test('the overlap ends by itself at its time', async () => {
  const { password: first } = await make('brief');
  const rotated = await api.rotateRole({
    params: { ...params, roleName: 'brief' },
    body: { overlapSeconds: 2 },
  });
  expect(await logIn('brief', first)).toBe('brief');
  await becomes('the password before is refused', () => logIn('brief', first), '28P01');
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(rotated.role.rotation!.previousUntil!));
  expect(await logIn('brief', rotated.password)).toBe('brief');
  expect((await api.getRole({ params: { ...params, roleName: 'brief' } })).rotation).toBeNull();
});

test('a rotation that the database refuses changes nothing, and one without an answer is finished by the next call', async () => {
  const { password: first } = await make('stuck');
  const roleParams = { ...params, roleName: 'stuck' };
  await becomes('the role is known', () => logIn('stuck', first), 'stuck');
  await weir.postgres.sql('alter role stuck set default_transaction_read_only = on');
  await refused(api.rotateRole({ params: roleParams, body: {} }), 'upstream-failed', 422);
  expect((await api.getRole({ params: roleParams })).rotation).toBeNull();
  expect(await logIn('stuck', first)).toBe('stuck');
  await weir.postgres.sql('alter role stuck reset default_transaction_read_only');

  // The statement waits for somebody's lock, and its connection ends meanwhile.
  const blocker = new pg.Client({ connectionString: weir.postgres.url });
  await blocker.connect();
  await blocker.query("begin; alter role stuck valid until 'infinity'");
  const unanswered = refused(api.rotateRole({ params: roleParams, body: {} }), 'rotation-unfinished', 503);
  const end = `select pg_terminate_backend(pid) from pg_stat_activity
    where query like 'alter role current_user%' and wait_event_type = 'Lock'`;
  await waitUntil(async () => (await weir.postgres.sql(end)).length === 1, { what: 'the statement waits' });
  await unanswered;
  await blocker.query('rollback');
  await blocker.end();
  expect((await api.getRole({ params: roleParams })).rotation).toEqual({
    isFinished: false,
    previousUntil: null,
  });
  await refused(api.endOverlap({ params: roleParams }), 'rotation-unfinished', 503);
  for (const direct of [false, true]) expect(await logIn('stuck', first, direct)).toBe('stuck');
  const finished = await api.rotateRole({ params: roleParams, body: {} });
  expect(finished.role.rotation).toMatchObject({ isFinished: true });
  for (const password of [first, finished.password]) expect(await logIn('stuck', password)).toBe('stuck');
});

test('a role is forgotten, dropped in the database if asked to, and never the one that Weir itself uses', async () => {
  const { password } = await make('leaving');
  await becomes('the role is known', () => logIn('leaving', password), 'leaving');
  const roleParams = { ...params, roleName: 'leaving' };
  await api.deleteRole({ params: roleParams });
  await refused(api.getRole({ params: roleParams }), 'role-not-found', 404);
  // Still in the database, which is asked.
  expect(await logIn('leaving', password)).toBe('leaving');
  await api.importRole({ params, body: { name: 'leaving', password } });
  await api.deleteRole({ params: roleParams, query: { drop: 'true' } });
  await becomes('the role is gone', () => logIn('leaving', password), '28P01');
  const own = { ...params, roleName: weir.endpoint.upstream.user };
  await refused(api.deleteRole({ params: own }), 'role-is-service-role', 409);
  await make('owner');
  await weir.postgres.sql('create table of_owner (); alter table of_owner owner to owner');
  const owning = api.deleteRole({ params: { ...params, roleName: 'owner' }, query: { drop: 'true' } });
  await refused(owning, 'role-has-objects', 409);
});

// Last, since the password of the whole server is another one afterwards.
test('a rotation reaches the other endpoints of the tenant on that server, and Weir goes on asking as its own role', async () => {
  const { host, port, user } = weir.endpoint.upstream;
  const { password } = weir.postgres;
  const second = await api.createEndpoint({
    params: { tenantId: weir.tenant.id as never },
    body: {
      computeRamGb: 1,
      upstream: { host, port, user, password, database: 'app', tlsMode: 'disable' },
    },
  });
  const rotated = await api.rotateRole({ params: { ...params, roleName: user }, body: {} });
  const sibling = { endpointId: second.endpoint.id, roleName: user };
  expect((await api.getRole({ params: sibling })).rotation).toMatchObject({ isFinished: true });
  // Both are tried out anew with what is sealed.
  for (const endpointId of [weir.endpoint.id as never, second.endpoint.id]) {
    await api.changeEndpoint({ params: { endpointId }, body: { upstream: {} } });
  }
  await weir.createRole('asked_for', 'asked-pw');
  expect(await logIn('asked_for', 'asked-pw')).toBe('asked_for');
  expect(await logIn(user, rotated.password)).toBe(user);
  await api.deleteEndpoint({ params: { endpointId: second.endpoint.id } });
});
