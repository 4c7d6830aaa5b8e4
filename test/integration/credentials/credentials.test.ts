// Short-lived credentials: any driver logs in with them on both hosts, until they expire or are revoked.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CreateCredentialReply, CreateOrganisationReply } from '@weir/api-contract';
import { findPsql, startWeir, type Weir, waitUntil } from '@weir/harness';
import postgresJs from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../control-api/api-client.ts';
import { clientsPerTest, one } from '../open-clients.ts';

let weir: Weir;
let api: ReturnType<typeof clientOf>;
let params: { tenantId: never };
let endpointId: never;
beforeAll(async () => {
  weir = await startWeir({ budget: 10, poolers: 2 });
  api = clientOf(weir.apiUrl, weir.apiKey);
  params = { tenantId: weir.tenant.id as never };
  endpointId = weir.endpoint.id as never;
  await api.importRole({ params: { endpointId }, body: { name: 'app', password: 'app-pw' } });
});
afterAll(() => weir?.close());
const connect = clientsPerTest(() => weir);

const lend = (ttlSeconds?: number): Promise<CreateCredentialReply> =>
  api.createCredential({
    params,
    body: { endpointId, role: 'app', ...(ttlSeconds === undefined ? {} : { ttlSeconds }) },
  });

const logIn = ({ user, password }: CreateCredentialReply, direct = false, pooler = 0) =>
  connect({ role: user, password, direct, pooler });

/** The error with which a login is refused, or who the database says it is. */
async function answer(lent: CreateCredentialReply): Promise<unknown> {
  try {
    return await one(await logIn(lent), 'select session_user');
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code} ${message}`;
  }
}

test('a credential logs in at once at every pooler on both hosts, and is the role for the database', async () => {
  for (let i = 0; i < 10; i++) {
    const lent = await lend();
    for (const direct of [false, true]) {
      for (const pooler of [0, 1]) {
        const client = await logIn(lent, direct, pooler);
        expect(await one(client, 'select session_user')).toBe('app');
        // On the direct host it would keep a part of the budget.
        await client.end();
      }
    }
  }
  const lent = await lend();
  expect(Date.parse(lent.credential.expiresAt) - Date.parse(lent.credential.createdAt)).toBe(900_000);
  expect(lent.credential).toMatchObject({ id: lent.user, role: 'app', endpointId });
  const listed = await api.listCredentials({ params, query: { endpointId } });
  expect(listed.items).toContainEqual(lent.credential);
  expect(JSON.stringify(listed) + JSON.stringify(await api.listAudit({}))).not.toContain(lent.password);
  expect(await answer({ ...lent, password: 'wrong' })).toMatch(/^28P01 password authentication failed/);
  const madeUp = { ...lent, user: `cred_${'0'.repeat(20)}` };
  expect(await answer(madeUp)).toBe(`28P01 password authentication failed for user "${madeUp.user}"`);
});

test('its connection strings are those of any driver', async () => {
  const { user, password } = await lend();
  const url = weir.pooledUrl({ role: user, password });
  const sql = postgresJs(weir.pooledUrl({ role: user, password, sslmode: 'disable' }), {
    max: 1,
    ssl: { ca: weir.caPem },
  });
  expect((await sql`select session_user as name`)[0]).toEqual({ name: 'app' });
  await sql.end();
  const psql = findPsql();
  if (psql === null) return;
  const { stdout } = await promisify(execFile)(psql, ['-XAtc', 'select session_user', url]);
  expect(stdout).toBe('app\n');
});

test('it expires at the pooler by itself, and its session goes on', async () => {
  const lent = await lend(2);
  const pooled = await logIn(lent);
  const direct = await logIn(lent, true);
  const expired = `28P01 credential "${lent.user}" has expired`;
  await waitUntil(async () => (await answer(lent)) === expired, { what: 'the credential expires' });
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(lent.credential.expiresAt));
  // Who does not know the password is told nothing of it.
  expect(await answer({ ...lent, password: 'wrong' })).toMatch(/password authentication failed/);
  for (const client of [pooled, direct]) expect(await one(client, 'select 1')).toBe(1);
  const ids = (await api.listCredentials({ params })).items.map(({ id }) => id);
  expect(ids).not.toContain(lent.credential.id);
});

test('it is revoked before its time, and its session goes on', async () => {
  const lent = await lend();
  const client = await logIn(lent);
  const revoked = { ...params, credentialId: lent.credential.id };
  await api.revokeCredential({ params: revoked });
  const refused = `28P01 password authentication failed for user "${lent.user}"`;
  await waitUntil(async () => (await answer(lent)) === refused, { what: 'the credential opens nothing' });
  expect(await one(client, 'select 1')).toBe(1);
  await expect(api.revokeCredential({ params: revoked })).rejects.toMatchObject({
    status: 404,
    problem: { type: '/problems/credential-not-found' },
  });
});

test('it outlives a rotation of its role, and dies when the role is forgotten', async () => {
  const ofRole = { endpointId, roleName: 'lender' };
  await api.createRole({ params: { endpointId }, body: { name: 'lender' } });
  const lent = await api.createCredential({ params, body: { endpointId, role: 'lender' } });
  await api.rotateRole({ params: ofRole, body: { overlapSeconds: 0 } });
  expect(await answer(lent)).toBe('lender');
  await api.deleteRole({ params: ofRole });
  const refused = `28P01 password authentication failed for user "${lent.user}"`;
  await waitUntil(async () => (await answer(lent)) === refused, { what: 'the credential opens nothing' });
});

test('it is refused for a role that is not known, one whose password is not kept, and an endpoint of somebody else', async () => {
  const refused = (body: { endpointId: never; role: string }, status: number, slug: string) =>
    expect(api.createCredential({ params, body })).rejects.toMatchObject({
      status,
      problem: { type: `/problems/${slug}` },
    });
  await refused({ endpointId, role: 'nobody' }, 404, 'role-not-found');
  await weir.createRole('checked');
  await api.importRole({ params: { endpointId }, body: { name: 'checked' } });
  await refused({ endpointId, role: 'checked' }, 409, 'role-password-unknown');
  const body = { name: 'Foreign' };
  const foreign = await weir.controlApi.call<CreateOrganisationReply>('POST', '/v1/organisations', body);
  const { host, port, user } = weir.endpoint.upstream;
  const { password } = weir.postgres;
  const upstream = { host, port, user, password, database: 'app', tlsMode: 'disable' as const };
  const theirs = await clientOf(weir.apiUrl, foreign.secret).createTenant({
    body: { name: 'Theirs', computeRamGb: 1, upstream },
  });
  await refused({ endpointId: theirs.endpoint.id as never, role: user }, 404, 'endpoint-not-found');
  const second = await api.createTenant({ body: { name: 'Second', computeRamGb: 1, upstream } });
  await refused({ endpointId: second.endpoint.id as never, role: user }, 404, 'endpoint-not-found');
});
