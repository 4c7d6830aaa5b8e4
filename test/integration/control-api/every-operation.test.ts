// Every operation through the client made from the contract, and every one with requests that nobody sane would send.
import {
  type ApiClient,
  type Operation,
  type OperationId,
  operationIds,
  operations,
  pathOf,
  problemSchema,
  queryOf,
} from '@weir/api-contract';
import { type OidcIssuer, startOidcIssuer } from '@weir/local-servers/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseSeed, type SeededRandom, seededRandom } from '../seeded-random.ts';
import { clientOf } from './api-client.ts';
import { type JsonSchema, valueFor } from './shaped-values.ts';
import { type Bench, startBench, tenantBody, upstreamPassword } from './support.ts';

// WEIR_API_FUZZ_CASES=2000 is the long form, some minutes.
const casesPerOperation = Number(process.env.WEIR_API_FUZZ_CASES ?? 40);

const unlimited = { WEIR_API_REQUESTS_PER_MINUTE: '1000000', WEIR_EXCHANGES_PER_MINUTE: '1000000' };

let bench: Bench;
let issuer: OidcIssuer;
let client: ApiClient;
beforeAll(async () => {
  bench = await startBench({ env: unlimited });
  issuer = await startOidcIssuer();
  client = clientOf(bench.api.url, bench.api.apiKey);
  await bench.server.sql('alter role app createrole');
});
afterAll(async () => {
  await issuer?.close();
  await bench?.close();
});

test('every operation does what it says through the client, and its replies are as the contract says', async () => {
  const called = new Set<OperationId>();
  // Each call below is counted, so that an operation nobody tries is found out.
  const counted = new Proxy(client, {
    get(target, id: OperationId) {
      called.add(id);
      return target[id];
    },
  });
  const { name, ...endpointBody } = tenantBody(bench.server) as never as Parameters<
    ApiClient['createTenant']
  >[0]['body'];
  const me = await counted.getMe({});
  const made = await counted.createOrganisation({ body: { name: 'Second' } });
  const organisationId = made.organisation.id;
  expect(await counted.getOrganisation({ params: { organisationId } })).toEqual(made.organisation);
  const renamed = await counted.changeOrganisation({ params: { organisationId }, body: { name: 'Third' } });
  expect((await counted.listOrganisations({})).items.map((one) => one.name)).toContain(renamed.name);
  const { apiKey } = await counted.createApiKey({ body: { name: 'a key', scopes: ['read'] } });
  expect(await counted.getApiKey({ params: { apiKeyId: apiKey.id } })).toEqual(apiKey);
  expect((await counted.listApiKeys({})).items.map((key) => key.id)).toContain(me.apiKey.id);
  expect(await counted.revokeApiKey({ params: { apiKeyId: apiKey.id } })).toBeNull();

  expect((await counted.getSealKeys({})).keys.map((key) => key.mayBeRemoved)).toEqual([false]);

  const probed = await counted.probeUpstream({ body: { upstream: endpointBody.upstream } });
  const { tenant, endpoint } = await counted.createTenant({ body: { name, ...endpointBody } });
  expect(endpoint).toMatchObject({
    upstream: { serverVersion: probed.serverVersion },
    sizing: { maxConnections: probed.maxConnections, reservedConnections: probed.reservedConnections },
  });
  const params = { tenantId: tenant.id };
  expect((await counted.listTenants({ query: { name } })).items).toEqual([tenant]);
  const changed = await counted.changeTenant({ params, body: { name: 'Mill' }, ifGeneration: 1 });
  const second = await counted.createEndpoint({ params, body: { ...endpointBody, kind: 'read_only' } });
  const read = await counted.getTenant({ params });
  expect(read).toMatchObject({ name: changed.name, generation: 2, endpointCount: 2 });
  const ids = (await counted.listEndpoints({ params })).items.map((one) => one.id);
  expect(ids).toEqual([endpoint.id, second.endpoint.id].sort());
  expect(
    (
      await counted.listEndpoints({
        params,
        query: { kind: 'read_only', region: 'default', cell: 'default' },
      })
    ).items,
  ).toEqual([second.endpoint]);
  const ofEndpoint = { params: { endpointId: endpoint.id } };
  const tuned = await counted.changeEndpoint({ ...ofEndpoint, body: { settings: { poolSize: 4 } } });
  expect(await counted.getEndpoint(ofEndpoint)).toEqual(tuned);
  const strings = await counted.getConnectionStrings({ ...ofEndpoint, query: { role: 'reader' } });
  expect(strings.pooled).toContain('reader@');
  expect((await counted.listDatabases(ofEndpoint)).databases).toEqual(['catalog', 'postgres', 'shop']);
  expect((await counted.getActivity(ofEndpoint)).budget).toBe(tuned.budget);
  expect((await counted.getPins(ofEndpoint)).pinned).toBe(0);
  const tried = await counted.tryAddresses({ ...ofEndpoint, body: { allowedAddresses: ['203.0.113.0/24'] } });
  expect(tried).toMatchObject({
    caller: { address: '127.0.0.1', isAllowed: false },
    clients: [],
    leftOut: 0,
  });
  const { role } = await counted.createRole({ ...ofEndpoint, body: { name: 'made' } });
  const ofRole = { params: { ...ofEndpoint.params, roleName: role.name } };
  expect(await counted.getRole(ofRole)).toEqual(role);
  expect((await counted.listRoles(ofEndpoint)).items.map((one) => one.name)).toEqual(['app', 'made']);
  const { password } = await counted.rotateRole({ ...ofRole, body: { overlapSeconds: 0 } });
  expect((await counted.endOverlap(ofRole)).rotatedAt).not.toBeNull();
  const imported = await counted.importRole({ ...ofEndpoint, body: { name: 'made', password } });
  expect(imported).toMatchObject({ name: 'made', keeps: 'password' });
  const lent = await counted.createCredential({ params, body: { endpointId: endpoint.id, role: 'made' } });
  expect(lent.connectionStrings.pooled).toContain(`${lent.user}:${lent.password}@`);
  expect((await counted.listCredentials({ params })).items).toEqual([lent.credential]);
  expect(
    await counted.revokeCredential({ params: { ...params, credentialId: lent.credential.id } }),
  ).toBeNull();
  const trusted = { issuer: issuer.url, audience: 'weir', subject: 'repo:acme/shop:ref:refs/heads/main' };
  const rule = await counted.createTrustRule({
    params,
    body: { ...trusted, endpointId: endpoint.id, role: 'made', claims: { environment: 'production' } },
  });
  const ofRule = { params: { ...params, trustRuleId: rule.id } };
  expect(await counted.getTrustRule(ofRule)).toEqual(rule);
  const loose = await counted.changeTrustRule({ ...ofRule, body: { claims: {} }, ifGeneration: 1 });
  expect(loose).toMatchObject({ generation: 2, claims: {}, subject: rule.subject });
  expect((await counted.listTrustRules({ params })).items).toEqual([loose]);
  const got = await counted.exchangeToken({ body: { trustRuleId: rule.id, token: issuer.token() } });
  expect(got.credential).toMatchObject({ role: 'made', apiKeyId: null, trustRuleId: rule.id });
  expect(await counted.deleteTrustRule({ ...ofRule, ifGeneration: 2 })).toBeNull();
  expect((await counted.listCredentials({ params })).items).toEqual([]);
  expect(await counted.deleteRole({ ...ofRole, query: { drop: 'true' } })).toBeNull();
  expect((await counted.listUsage({ query: { by: 'day' } })).nextCursor).toBeNull();
  expect((await counted.getBans(ofEndpoint)).bans).toEqual([]);
  expect(await counted.clearBans({ ...ofEndpoint, body: { source: '192.0.2.1' } })).toEqual({ cleared: 0 });
  const paused = await counted.pausePools({ ...ofEndpoint, body: { role: 'app' } });
  expect(paused.orders.pools).toMatchObject([{ role: 'app', database: null, killedIn: 0 }]);
  await counted.resumePools({ ...ofEndpoint, body: {} });
  await counted.reconnectPools({ ...ofEndpoint, body: { database: 'app' } });
  await counted.killPools({ ...ofEndpoint, body: {} });
  const drained = await counted.drainEndpoint({ ...ofEndpoint, body: { overMs: 5 } });
  const standing = await counted.getOrders(ofEndpoint);
  expect(standing).toMatchObject({ orders: drained.orders, generation: drained.generation, reached: true });
  const hook = await counted.createWebhook({
    body: { url: 'http://127.0.0.1:9/', events: ['endpoint.deleted'] },
  });
  const ofHook = { params: { webhookId: hook.webhook.id } };
  expect(await counted.getWebhook(ofHook)).toEqual(hook.webhook);
  expect((await counted.changeWebhook({ ...ofHook, body: { description: 'for me' } })).description).toBe(
    'for me',
  );
  expect((await counted.listWebhooks({})).items.map((one) => one.id)).toContain(hook.webhook.id);
  const rotated = await counted.rotateWebhookSecret({ ...ofHook, body: {} });
  expect(rotated.webhook.previousSecretUntil).not.toBeNull();
  expect((await counted.endWebhookOverlap(ofHook)).previousSecretUntil).toBeNull();
  const { id: deliveryId } = await counted.testWebhook(ofHook);
  const replay = { params: { ...ofHook.params, deliveryId } };
  expect((await counted.replayDelivery(replay)).id).toBe(deliveryId);
  expect((await counted.listDeliveries(ofHook)).items.map((one) => one.id)).toEqual([deliveryId]);
  expect(await counted.deleteWebhook(ofHook)).toBeNull();
  expect(await counted.deleteEndpoint(ofEndpoint)).toBeNull();
  expect(await counted.deleteTenant({ params })).toBeNull();
  expect((await counted.undeleteTenant({ params })).endpointCount).toBe(1);
  expect((await counted.listAudit({})).items[0]!.action).toBe('tenant.undelete');
  expect([...called].sort()).toEqual([...operationIds].sort());
});

test('whatever is sent, the answer is a reply of the contract or a problem that names it, and never a 500', async () => {
  const seed = chooseSeed();
  console.log(`WEIR_SEED=${seed} WEIR_API_FUZZ_CASES=${casesPerOperation}`);
  const random = seededRandom(seed);
  const schemas = await readSchemas();
  const statuses = new Map<number, number>();
  for (const id of operationIds) {
    const operation: Operation = operations[id];
    const known = await freshIds();
    for (let i = 0; i < casesPerOperation; i++) {
      const { path, body, headers } = requestFor(id, schemas.get(id)!, random, known);
      const what = `${operation.method} ${path} ${body ?? ''} ${JSON.stringify(headers)}`;
      const reply = await fetch(bench.api.url + path, { method: operation.method, headers, body });
      const text = await reply.text();
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
      expect(reply.status < 500, `${reply.status} for ${what}: ${text}`).toBe(true);
      if (reply.ok) {
        const value = text === '' ? null : JSON.parse(text);
        expect(operation.reply.safeParse(value).error, what).toBeUndefined();
      } else {
        const problem = problemSchema.safeParse(JSON.parse(text)).data!;
        expect(problem, `${reply.status} ${text} for ${what}`).toBeDefined();
        expect([problem.status, reply.headers.get('x-request-id')], what).toEqual([
          reply.status,
          problem.requestId,
        ]);
        const isNamed = problem.type !== '/problems/validation-failed' || problem.errors!.length > 0;
        expect(isNamed, what).toBe(true);
      }
    }
  }
  console.log(`replies by status: ${JSON.stringify(Object.fromEntries(statuses))}`);
  // If everything were refused at the door, nothing behind it would have been tried.
  expect(statuses.get(200)! + statuses.get(201)!).toBeGreaterThan(operationIds.length);
});

let roleCount = 0;

/** Ids and words that lead somewhere, for requests that are to get far. */
async function freshIds(): Promise<readonly string[]> {
  const { tenant, endpoint } = await client.createTenant({ body: tenantBody(bench.server) as never });
  const { apiKey } = await client.createApiKey({ body: { name: 'a key', scopes: ['read'] } });
  const params = { endpointId: endpoint.id };
  const { role } = await client.createRole({ params, body: { name: `role_${++roleCount}` } });
  const { credential } = await client.createCredential({
    params: { tenantId: tenant.id },
    body: { endpointId: endpoint.id, role: role.name },
  });
  const rule = await client.createTrustRule({
    params: { tenantId: tenant.id },
    body: {
      ...{ endpointId: endpoint.id, role: role.name, issuer: issuer.url },
      ...{ audience: 'weir', subject: 'repo:acme/shop:ref:refs/heads/main' },
    },
  });
  // There may be only so many, and the requests here make more.
  for (const { id } of (await client.listWebhooks({ query: { limit: 200 } })).items)
    await client.deleteWebhook({ params: { webhookId: id } });
  const { webhook } = await client.createWebhook({
    body: { url: 'http://127.0.0.1:9/', events: ['tenant.created'] },
  });
  const delivery = await client.testWebhook({ params: { webhookId: webhook.id } });
  return [
    tenant.id,
    tenant.organisationId,
    endpoint.id,
    apiKey.id,
    role.name,
    credential.id,
    rule.id,
    issuer.token(),
    webhook.id,
    delivery.id,
    'shop',
    'app',
    upstreamPassword,
  ];
}

function requestFor(
  id: OperationId,
  schemas: RequestSchemas,
  random: SeededRandom,
  known: readonly string[],
) {
  const oddity = random.pick([6, 20, 100]);
  const params = Object.fromEntries(
    [...operations[id].path.matchAll(/:(\w+)/g)].map(([, name]) => [name!, paramFor(name!, random, known)]),
  );
  const query = valueFor(schemas.query, random, known, oddity) as Record<string, unknown>;
  const value = schemas.body === null ? undefined : valueFor(schemas.body, random, known, oddity);
  const body = value === undefined ? null : random.oneIn(30) ? '{"name":' : JSON.stringify(value);
  const headers: Record<string, string> = { authorization: `Bearer ${bench.api.apiKey}` };
  if (body !== null) headers['content-type'] = random.oneIn(30) ? 'text/csv' : 'application/json';
  if (random.oneIn(4)) headers['idempotency-key'] = random.pick(['a', 'b', 'c d', 'x'.repeat(201)]);
  if (random.oneIn(4)) headers['if-match'] = random.pick(['"1"', '*', 'W/"1"', '', '"x"', '"1", "2"']);
  const asText = typeof query === 'object' && query !== null ? queryOf(withoutHalves(query)) : '';
  // What is no URL is refused by the router, before any route.
  const broken = random.oneIn(40) ? random.pick(['%zz', '%', '/%ff', '//']) : '';
  return { path: pathOf(id, params) + broken + asText, body, headers };
}

// Never the role that all databases of this test are asked by: its password must stay.
const prefixes: Readonly<Record<string, string>> = {
  tenantId: 'tn_',
  endpointId: 'ep-',
  apiKeyId: 'key_',
  organisationId: 'org_',
  roleName: 'role_',
  credentialId: 'cred_',
  trustRuleId: 'tr_',
  webhookId: 'wh_',
  deliveryId: 'dl_',
};

/** The right id for a parameter most of the time. */
function paramFor(name: string, random: SeededRandom, known: readonly string[]): string {
  const prefix = prefixes[name]!;
  if (!random.oneIn(4)) return known.find((id) => id.startsWith(prefix))!;
  return random.pick([
    `${prefix}0`,
    'x',
    '%00',
    '..',
    `${prefix}${'0'.repeat(20)}`,
    'é',
    ' ',
    'x'.repeat(500),
  ]);
}

/** A URL cannot carry half a character. */
function withoutHalves(query: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [encodeURIComponent(whole(name)), whole(String(value))]),
  );
}

function whole(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: {
    readonly content: { readonly 'application/json': { readonly schema: JsonSchema } };
  };
}

interface RequestSchemas {
  readonly query: JsonSchema;
  readonly body: JsonSchema | null;
}

/** What requests look like, as the API's own document says. */
async function readSchemas(): Promise<ReadonlyMap<string, RequestSchemas>> {
  const document = (await (await fetch(`${bench.api.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Described>>;
  };
  const paths = resolved(document.paths, document) as typeof document.paths;
  return new Map(
    Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId, parameters = [], requestBody }) => {
        const inQuery = parameters.filter((parameter) => parameter.in === 'query');
        const properties = Object.fromEntries(inQuery.map(({ name, schema }) => [name, schema]));
        const body = requestBody?.content['application/json'].schema ?? null;
        return [operationId, { query: { type: 'object', properties }, body }] as const;
      }),
    ),
  );
}

/** Schemas with an id are referred to; here each stands where it is used. */
function resolved(value: unknown, root: object): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((inner) => resolved(inner, root));
  const { $ref } = value as { $ref?: unknown };
  if (typeof $ref === 'string') {
    const target = $ref
      .split('/')
      .slice(1)
      .reduce<unknown>((place, part) => (place as Record<string, unknown>)[part], root);
    return resolved(target, root);
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== '$defs')
      .map(([name, inner]) => [name, resolved(inner, root)]),
  );
}
