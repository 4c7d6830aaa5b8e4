// The authorisation matrix, made from the contract: every operation × every set of scopes × own and foreign organisation.
import {
  type CreateApiKeyReply,
  type CreateCredentialReply,
  type CreateOrganisationReply,
  type CreateTenantReply,
  type CreateWebhookReply,
  type DeliveryReply,
  isOpenOperation,
  type Operation,
  type OperationId,
  type Operations,
  operationIds,
  operations,
  type Problem,
  pathOf,
  type RequestPartInput,
  type RolePasswordReply,
  type Scope,
  scopes,
  type TrustRuleReply,
} from '@weir/api-contract';
import { type OidcIssuer, startOidcIssuer } from '@weir/local-servers/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench, tenantBody } from './support.ts';

let bench: Bench;
let issuer: OidcIssuer;
let own: Things;
let foreign: Things;
beforeAll(async () => {
  bench = await startBench({ env: { WEIR_EXCHANGES_PER_MINUTE: '100000' } });
  issuer = await startOidcIssuer();
  await bench.server.sql('alter role app createrole');
  await bench.server.createRole('there', 'there-pw');
  const make = (name: string) =>
    bench.api.call<CreateOrganisationReply>('POST', '/v1/organisations', { name });
  own = await thingsOf(await make('Own'));
  foreign = await thingsOf(await make('Foreign'));
});
afterAll(async () => {
  await issuer?.close();
  await bench?.close();
});

/** An organisation with tokens, a key for each set of scopes, and one of each thing that operations are about. */
interface Things {
  readonly ids: Readonly<Record<string, string>>;
  /** Whose tokens its trust rules take. */
  readonly subject: string;
  /** By the scopes, joined with commas. */
  readonly secrets: ReadonlyMap<string, string>;
}

const scopeSets: readonly Scope[][] = Array.from({ length: 2 ** scopes.length - 1 }, (_, index) =>
  scopes.filter((_scope, bit) => ((index + 1) >> bit) & 1),
);

async function thingsOf({ organisation, secret }: CreateOrganisationReply): Promise<Things> {
  const secrets = new Map<string, string>();
  for (const set of scopeSets) {
    const key = await as<CreateApiKeyReply>(secret, 'POST', '/v1/api-keys', { name: 'a key', scopes: set });
    secrets.set(set.join(), key.secret);
  }
  const subject = `organisation:${organisation.id}`;
  return { ids: { organisationId: organisation.id, ...(await freshIds(secret, subject)) }, subject, secrets };
}

/** Things of their own for a call that may end them. */
async function freshIds(secret: string, subject: string): Promise<Record<string, string>> {
  const key = await as<CreateApiKeyReply>(secret, 'POST', '/v1/api-keys', {
    name: 'victim',
    scopes: ['read'],
  });
  const { tenant, endpoint } = await as<CreateTenantReply>(
    secret,
    'POST',
    '/v1/tenants',
    tenantBody(bench.server),
  );
  const hook = await as<CreateWebhookReply>(secret, 'POST', pathOf('createWebhook'), receiver);
  const webhookId = hook.webhook.id;
  const delivery = await as<DeliveryReply>(secret, 'POST', pathOf('testWebhook', { webhookId }));
  const made = { name: newRoleName() };
  const roles = pathOf('createRole', { endpointId: endpoint.id });
  const { role } = await as<RolePasswordReply>(secret, 'POST', roles, made);
  const ofTenant = { tenantId: tenant.id, endpointId: endpoint.id, roleName: role.name };
  const credentials = pathOf('createCredential', ofTenant);
  const lent = { endpointId: endpoint.id, role: role.name };
  const { credential } = await as<CreateCredentialReply>(secret, 'POST', credentials, lent);
  const trust = { ...ruleBody, ...lent, subject, issuer: issuer.url };
  const rule = await as<TrustRuleReply>(secret, 'POST', pathOf('createTrustRule', ofTenant), trust);
  const things = { apiKeyId: key.apiKey.id, webhookId, deliveryId: delivery.id, trustRuleId: rule.id };
  return { ...things, credentialId: credential.id, ...ofTenant };
}

/** Nobody listens there. */
const receiver = { url: 'http://127.0.0.1:9/', events: ['role.deleted' as const] };

const ruleBody = { audience: 'weir', subject: 'organisation:made', issuer: 'http://127.0.0.1:9' };

let roleCount = 0;
/** All databases of this test are on one server. */
const newRoleName = () => `made_${String(++roleCount).padStart(5, '0')}`;

function as<T>(secret: string, method: string, path: string, body?: unknown): Promise<T> {
  return bench.api.call<T>(method, path, body, { authorization: `Bearer ${secret}` });
}

type WithBody = { [Id in OperationId]: Operations[Id] extends { body: unknown } ? Id : never }[OperationId];

/** A body that each operation takes; one that is missing here does not compile. */
function bodies(ids: Readonly<Record<string, string>>): { [Id in WithBody]: RequestPartInput<Id, 'body'> } {
  const tenant = tenantBody(bench.server) as unknown as RequestPartInput<'createTenant', 'body'>;
  const { name: _, ...endpoint } = tenant;
  return {
    createOrganisation: { name: 'Made' },
    changeOrganisation: { name: 'Renamed' },
    createApiKey: { name: 'Made', scopes: ['admin'] },
    createTenant: tenant,
    changeTenant: { name: 'Renamed' },
    probeUpstream: { upstream: tenant.upstream },
    createEndpoint: endpoint,
    changeEndpoint: { settings: { poolSize: 5 } },
    createRole: { name: newRoleName() },
    importRole: { name: 'there', password: 'there-pw' },
    rotateRole: {},
    createCredential: { endpointId: ids.endpointId as never, role: ids.roleName! },
    createTrustRule: { ...ruleBody, endpointId: ids.endpointId as never, role: ids.roleName! },
    changeTrustRule: { description: 'changed' },
    exchangeToken: { trustRuleId: ids.trustRuleId as never, token: issuer.token({ sub: own.subject }) },
    pausePools: { role: 'app' },
    resumePools: {},
    reconnectPools: {},
    killPools: { database: 'app' },
    drainEndpoint: {},
    createWebhook: receiver,
    changeWebhook: { enabled: true },
    rotateWebhookSecret: {},
    clearBans: {},
    tryAddresses: { allowedAddresses: null },
  };
}

/** Null: with no key. Where a token is asked for, with one of `own`. */
async function call(id: OperationId, secret: string | null, ids: Readonly<Record<string, string>>) {
  const { method } = operations[id];
  const body = (bodies(ids) as Record<string, unknown>)[id];
  const headers = { authorization: secret === null ? '' : `Bearer ${secret}` };
  const reply = await bench.api.fetch(method, pathOf(id, ids), body, headers);
  const text = await reply.text();
  return { status: reply.status, text, problem: reply.ok ? null : (JSON.parse(text) as Problem) };
}

for (const id of operationIds.filter((one) => !isOpenOperation(one))) {
  const operation: Operation = operations[id];

  test(`${id}: a key with any set of scopes may do it if the set holds ${operation.scopes.join(' and ') || 'nothing at all'}`, async () => {
    const all = own.secrets.get(scopes.join())!;
    for (const set of scopeSets) {
      // What ends something, or takes that back, gets something of its own.
      const isItsOwn = operation.method === 'DELETE' || id === 'undeleteTenant';
      const ids = isItsOwn ? { ...own.ids, ...(await freshIds(all, own.subject)) } : own.ids;
      if (id === 'undeleteTenant') await as(all, 'DELETE', pathOf('deleteTenant', ids));
      const { status, problem } = await call(id, own.secrets.get(set.join())!, ids);
      // An organisation may have only so many.
      if (isItsOwn) {
        const authorization = `Bearer ${all}`;
        await bench.api.fetch('DELETE', pathOf('deleteWebhook', ids), undefined, { authorization });
      }
      const missing = operation.scopes.filter((scope) => !set.includes(scope));
      const slug = problem?.type.split('/').at(-1);
      if (missing.length > 0) {
        expect([set, status, slug]).toEqual([set, 403, 'scope-missing']);
        expect(problem!.detail).toBe(`the key has no scope ${missing.join(' and ')}`);
      } else if (operation.forOperator) {
        expect([set, status, slug]).toEqual([set, 403, 'operator-only']);
      } else {
        expect([set, status, slug]).toEqual([set, operation.status, undefined]);
      }
    }
  });

  test(`${id}: nothing of another organisation is found, whatever the scopes`, async () => {
    for (const set of scopeSets) {
      const { status, text } = await call(id, own.secrets.get(set.join())!, foreign.ids);
      const isAllowed = operation.scopes.every((scope) => set.includes(scope)) && !operation.forOperator;
      const expected = !isAllowed ? 403 : operation.params === undefined ? operation.status : 404;
      expect([set, status]).toEqual([set, expected]);
      for (const foreignId of Object.values(foreign.ids)) {
        if (expected !== 404) expect(text).not.toContain(foreignId);
      }
    }
  });

  test(`${id}: without a key, or with none that is one, it is refused before anything else`, async () => {
    for (const secret of ['', 'nonsense', `weir_${'0'.repeat(48)}`]) {
      expect((await call(id, secret, own.ids)).status).toBe(401);
    }
  });
}

for (const id of operationIds.filter(isOpenOperation)) {
  test(`${id}: it needs no key, and with one it does neither more nor less`, async () => {
    const every = scopes.join();
    const keys = [
      own.secrets.get(every)!,
      own.secrets.get('read')!,
      foreign.secrets.get(every)!,
      'nonsense',
      null,
    ];
    for (const key of keys) {
      expect((await call(id, key, own.ids)).status).toBe(operations[id].status);
      // A token of one organisation opens nothing of another.
      const { status, text } = await call(id, key, foreign.ids);
      expect([status, text.includes(foreign.subject)]).toEqual([403, false]);
    }
  });
}

test('the organisation that runs the installation has no way into the tenants and keys of others', async () => {
  for (const id of operationIds) {
    const path = operations[id].path as string;
    if (!/:(tenantId|endpointId|apiKeyId|webhookId)/.test(path)) continue;
    expect([id, (await call(id, bench.api.apiKey, foreign.ids)).status]).toEqual([id, 404]);
  }
});
