// Short-lived credentials: made with a key or exchanged for a token, any driver logs in with them on both hosts, until they end.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type {
  CreateCredentialReply,
  CreateOrganisationReply,
  RequestPartInput,
  TrustRuleReply,
} from '@weir/api-contract';
import { findPsql, startWeir, type Weir, waitUntil } from '@weir/harness';
import { type OidcIssuer, startOidcIssuer } from '@weir/local-servers/testing';
import postgresJs from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../control-api/api-client.ts';
import { clientsPerTest, one } from '../open-clients.ts';
import { missingForStep, runJobStep, runWithPoolModule } from './oidc-examples.ts';

const subject = 'repo:acme/shop:ref:refs/heads/main';

let weir: Weir;
let issuer: OidcIssuer;
let api: ReturnType<typeof clientOf>;
let params: { tenantId: never };
let endpointId: never;
beforeAll(async () => {
  weir = await startWeir({ budget: 10, poolers: 2 });
  issuer = await startOidcIssuer();
  api = clientOf(weir.apiUrl, weir.apiKey);
  params = { tenantId: weir.tenant.id as never };
  endpointId = weir.endpoint.id as never;
  await api.importRole({ params: { endpointId }, body: { name: 'app', password: 'app-pw' } });
});
afterAll(async () => {
  await issuer?.close();
  await weir?.close();
});
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

const trust = (change: Partial<RequestPartInput<'createTrustRule', 'body'>> = {}): Promise<TrustRuleReply> =>
  api.createTrustRule({
    params,
    body: { endpointId, role: 'app', issuer: issuer.url, audience: 'weir', subject, ...change },
  });

/** Without a key, as whoever has a token does it. */
async function exchange(trustRuleId: string, token: string, more: object = {}) {
  const reply = await fetch(`${weir.apiUrl}/v1/credentials/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ trustRuleId, token, ...more }),
  });
  return {
    status: reply.status,
    body: (await reply.json()) as CreateCredentialReply & Record<string, unknown>,
  };
}

test('a token is exchanged for a credential that logs in at once at every pooler on both hosts', async () => {
  const rule = await trust({ subject: 'repo:acme/*:ref:refs/heads/main', ttlSecondsMax: 600 });
  const token = issuer.token();
  // Again and again, until it expires.
  for (let i = 0; i < 3; i++) {
    const { status, body } = await exchange(rule.id, token);
    expect(status).toBe(201);
    for (const direct of [false, true]) {
      for (const pooler of [0, 1]) {
        const client = await logIn(body, direct, pooler);
        expect(await one(client, 'select session_user')).toBe('app');
        await client.end();
      }
    }
  }
  const { body } = await exchange(rule.id, token);
  const { credential } = body;
  expect(Date.parse(credential.expiresAt) - Date.parse(credential.createdAt)).toBe(600_000);
  expect(credential).toMatchObject({ role: 'app', endpointId, apiKeyId: null, trustRuleId: rule.id });
  const { items } = await api.listAudit({ query: { trustRuleId: rule.id } });
  expect(items.map(({ action }) => action)).toEqual(Array(4).fill('credential.create'));
  expect(items[0]).toMatchObject({ targetId: body.user, apiKeyId: null, address: '127.0.0.1' });
  expect(items[0]!.changes).toContainEqual({ field: 'subject', before: null, after: subject });
  for (const secret of [body.password, token]) {
    expect(JSON.stringify(items) + weir.logs()).not.toContain(secret);
  }
  const psql = findPsql();
  if (psql === null) return;
  const url = weir.pooledUrl({ role: body.user, password: body.password });
  const { stdout } = await promisify(execFile)(psql, ['-XAtc', 'select session_user', url]);
  expect(stdout).toBe('app\n');
});

test('what is no token of the rule is refused with what is wrong, and nothing is made', async () => {
  const rule = await trust({
    subject: 'repo:acme/*:ref:refs/heads/main',
    claims: { environment: 'production' },
  });
  const other = await startOidcIssuer();
  const now = Math.floor(Date.now() / 1000);
  const good = { environment: 'production' };
  const refused: [string, string, number, string, unknown][] = [
    ['an audience', issuer.token({ ...good, aud: 'x' }), 403, 'token-not-trusted', 'token.aud'],
    ['a subject', issuer.token({ ...good, sub: `${subject}/s` }), 403, 'token-not-trusted', 'token.sub'],
    ['a claim', issuer.token(), 403, 'token-not-trusted', 'token.environment'],
    ['an issuer', other.token(good), 403, 'token-not-trusted', 'token.iss'],
    ['an end', issuer.token({ ...good, exp: now - 60 }), 401, 'token-invalid', 'it has expired'],
    ['a beginning', issuer.token({ ...good, nbf: now + 60 }), 401, 'token-invalid', 'it is not valid yet'],
    ['no key', issuer.token(good, { alg: 'none' }), 401, 'token-invalid', expect.stringContaining('"none"')],
    [
      'a secret',
      issuer.token(good, { alg: 'HS256' }),
      401,
      'token-invalid',
      expect.stringContaining('"HS256"'),
    ],
    ['a key', issuer.token(good, { kid: 'x' }), 401, 'token-invalid', 'its issuer has no such key'],
    ['nothing', 'x', 401, 'token-invalid', 'it is not a signed JWT'],
  ];
  for (const [what, token, status, slug, why] of refused) {
    const { status: had, body } = await exchange(rule.id, token);
    const [fault] = (body.errors as { field: string }[] | undefined) ?? [];
    expect([what, had, body.type, fault?.field ?? body.detail]).toEqual([
      what,
      status,
      `/problems/${slug}`,
      why,
    ]);
    // Who has no token of the rule learns nothing of it.
    expect(JSON.stringify(body)).not.toMatch(/acme\/\*|production/);
  }
  expect((await api.listAudit({ query: { trustRuleId: rule.id } })).items).toEqual([]);
  const unknown = await exchange(`tr_${'0'.repeat(20)}`, issuer.token(good));
  expect([unknown.status, unknown.body.type]).toEqual([404, '/problems/trust-rule-not-found']);
  const long = await exchange(rule.id, issuer.token(good), { ttlSeconds: 901 });
  expect([long.status, long.body.errors]).toEqual([
    422,
    [{ field: 'ttlSeconds', message: 'must be at most 900, as the rule says' }],
  ]);
  await other.close();
});

test('a rule that was changed holds at once, and one that is deleted takes its credentials along', async () => {
  const rule = await trust();
  const ofRule = { ...params, trustRuleId: rule.id };
  const { body: lent } = await exchange(rule.id, issuer.token());
  const client = await logIn(lent);
  await api.changeTrustRule({ params: ofRule, body: { audience: 'another' }, ifGeneration: 1 });
  expect((await exchange(rule.id, issuer.token())).status).toBe(403);
  expect((await exchange(rule.id, issuer.token({ aud: 'another' }))).status).toBe(201);
  const stale = { params: ofRule, ifGeneration: 1 };
  await expect(api.deleteTrustRule(stale)).rejects.toMatchObject({ status: 412 });
  expect(await answer(lent)).toBe('app');
  await api.deleteTrustRule({ params: ofRule, ifGeneration: 2 });
  const refused = `28P01 password authentication failed for user "${lent.user}"`;
  await waitUntil(async () => (await answer(lent)) === refused, { what: 'the credential opens nothing' });
  expect(await one(client, 'select 1')).toBe(1);
  expect((await exchange(rule.id, issuer.token({ aud: 'another' }))).status).toBe(404);
  const { items } = await api.listAudit({ query: { targetId: rule.id } });
  expect(items.map(({ action }) => action)).toEqual([
    'trust-rule.delete',
    'trust-rule.change',
    'trust-rule.create',
  ]);
  expect(items[1]!.changes).toEqual([{ field: 'audience', before: 'weir', after: 'another' }]);
});

test('a rule that could mean more than it seems to, or lends what cannot be lent, is refused by its field', async () => {
  const refused = (change: object, status: number, expected: object) =>
    expect(trust(change)).rejects.toMatchObject({ status, problem: expected });
  const faults: [object, string][] = [
    [{ subject: 'repo:acme*' }, 'subject'],
    [{ subject: 'repo:*' }, 'subject'],
    [{ issuer: 'https://a.example/?x=1' }, 'issuer'],
    [{ issuer: 'https://u:p@a.example' }, 'issuer'],
    [{ issuer: 'ftp://a.example' }, 'issuer'],
    [{ audience: '' }, 'audience'],
    [{ claims: { aud: 'x' } }, 'claims'],
    [{ ttlSecondsMax: 86_401 }, 'ttlSecondsMax'],
    [{ issuer: 'https://169.254.169.254' }, 'issuer'],
    [{ issuer: 'http://10.0.0.1' }, 'issuer'],
  ];
  for (const [change, field] of faults) {
    await refused(change, 422, { errors: [expect.objectContaining({ field })] });
  }
  await refused({ role: 'nobody' }, 404, { type: '/problems/role-not-found' });
  await refused({ endpointId: 'ep-calm-river-a1b2c3' }, 404, { type: '/problems/endpoint-not-found' });
});

test('the module that docs/oidc.md has for Vercel makes one exchange for many requests, and the next in time', async () => {
  // A minute before its end a credential opens no more pools.
  const rule = await trust({ ttlSecondsMax: 62 });
  const printed = await runWithPoolModule(weir, {
    rule: rule.id,
    token: issuer.token(),
    program: `const { TOKEN } = process.env;
      await poolFor('nonsense').then(() => process.exit(1), ({ message }) => console.log(message));
      const pools = await Promise.all(Array.from({ length: 20 }, () => poolFor(TOKEN)));
      const name = async (pool) => (await pool.query('select session_user as name')).rows[0].name;
      console.log(await name(pools[0]), new Set(pools).size);
      let next = pools[0];
      for (; next === pools[0]; next = await poolFor(TOKEN)) await new Promise((done) => setTimeout(done, 10));
      console.log(await name(next), pools[0].ending, next.ending);
      await next.end();`,
  });
  expect(printed).toBe('The token is not valid: it is not a signed JWT\napp 1\napp true false\n');
  expect((await api.listAudit({ query: { trustRuleId: rule.id } })).items).toHaveLength(2);
});

// The reason is in the title.
test.skipIf(missingForStep.length > 0)(
  `the step that docs/oidc.md has for GitHub Actions gets a string that logs in${missingForStep.length > 0 ? ` (skipped: no ${missingForStep.join(', ')})` : ''}`,
  async () => {
    const { stdout, environment } = await runJobStep(weir, { rule: (await trust()).id, issuer });
    const url = new URL(environment.trim().replace('DATABASE_URL=', ''));
    expect(stdout).toBe(`::add-mask::${url.password}\n`);
    expect(url.hostname).toBe(weir.hosts.direct);
    const client = await connect({ role: url.username, password: url.password, direct: true });
    expect(await one(client, 'select session_user')).toBe('app');
  },
);
