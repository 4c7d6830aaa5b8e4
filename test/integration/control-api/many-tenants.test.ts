// Ten thousand tenants: which indexes the API's own queries use and how many rows they read, and what a fresh pooler loads. Counts only; `pnpm bench:api` has the clocks.
import { randomBytes } from 'node:crypto';
import type { TenantPageReply } from '@weir/api-contract';
import { startPooler, waitUntil } from '@weir/harness';
import { newEndpointId } from '@weir/tenancy';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, catalogUrlOf, createTenant, startBench, upstreamPassword } from './support.ts';

const tenants = 10_000;
const limit = 50;

let bench: Bench;
let endpointId: string;
beforeAll(async () => {
  // So that the server itself tells how it answered what the API asked.
  bench = await startBench({
    serverSettings: {
      session_preload_libraries: 'auto_explain',
      'auto_explain.log_min_duration': 0,
      'auto_explain.log_analyze': true,
      'auto_explain.log_format': 'json',
    },
  });
  const { endpoint } = await createTenant(bench);
  endpointId = endpoint.id;
  await multiply();
});
afterAll(() => bench?.close());

/** Copies the tenant and endpoint that the API has written. Ten words begin the names. */
async function multiply(): Promise<void> {
  const client = new pg.Client({ connectionString: catalogUrlOf(bench.server) });
  await client.connect();
  try {
    await client.query(`
      insert into tenants
      select copy.* from tenants t, generate_series(2, ${tenants}) i, jsonb_populate_record(t, jsonb_build_object(
        'id', 'tn_' || lpad(i::text, 20, '0'),
        'name', (array['shop', 'blog', 'mail', 'chat', 'auth', 'maps', 'news', 'jobs', 'tax', 'pay'])[1 + i % 10]
          || '-' || lpad(i::text, 6, '0'),
        'created_at', t.created_at + i * interval '1 second')) copy`);
    await client.query(`
      insert into endpoints
      select copy.* from tenants t, endpoints e, jsonb_populate_record(e, jsonb_build_object(
        'id', 'ep-many-owls-' || right(t.id, 6), 'tenant_id', t.id)) copy
      where t.id <> e.tenant_id`);
    await client.query('analyze');
  } finally {
    await client.end();
  }
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** How the server answered the API's question for tenants behind `query`. */
async function planOf(
  query: string,
): Promise<{ readonly page: TenantPageReply; readonly scans: PlanNode[] }> {
  const before = lastPlanLogged();
  const page = await bench.api.call<TenantPageReply>('GET', `/v1/tenants?limit=${limit}${query}`);
  const text = await waitUntil(
    () => {
      const last = lastPlanLogged();
      return last !== before && last;
    },
    { what: `the plan of "${query}" is logged` },
  );
  const scans: PlanNode[] = [];
  const walk = (node: PlanNode) => {
    if (node['Relation Name'] !== undefined) scans.push(node);
    for (const child of node.Plans ?? []) walk(child);
  };
  walk(JSON.parse(text).Plan);
  return { page, scans };
}

/** Of a page of tenants with our limit; undefined: there was none. The server has told it before it answered. */
function lastPlanLogged(): string | undefined {
  return [...bench.server.log().matchAll(/ plan:\n(\t?\{\n[\s\S]*?\n\t?\})/g)]
    .map(([, text]) => text!)
    .filter((text) => /"Query Text": ".* from \\"tenants\\"/.test(text) && text.includes(`'${limit + 1}'`))
    .at(-1);
}

/** Rows of tenants that were looked at, kept or not. */
function rowsRead(scans: readonly PlanNode[]): number {
  return scans
    .filter((scan) => scan['Relation Name'] === 'tenants')
    .reduce(
      (sum, scan) =>
        sum + (scan['Actual Rows'] + (scan['Rows Removed by Filter'] ?? 0)) * scan['Actual Loops'],
      0,
    );
}

function indexesOf(scans: readonly PlanNode[]): readonly (string | undefined)[] {
  return [...new Set(scans.map((scan) => scan['Index Name'] ?? `${scan['Node Type']} of all`))];
}

test('a page of tenants reads that page alone, the first as well as a deep one', async () => {
  const first = await planOf('');
  expect(first.page.items).toHaveLength(limit);
  expect(indexesOf(first.scans)).toEqual(['tenants_page', 'endpoints_of_tenant']);
  expect(rowsRead(first.scans)).toBe(limit + 1);
  let cursor = first.page.nextCursor;
  for (let pages = 0; pages < 45; pages++) {
    const next = await bench.api.call<TenantPageReply>('GET', `/v1/tenants?limit=200&cursor=${cursor}`);
    cursor = next.nextCursor;
  }
  const deep = await planOf(`&cursor=${cursor}`);
  expect(deep.page.items).toHaveLength(limit);
  expect(indexesOf(deep.scans)).toEqual(['tenants_page', 'endpoints_of_tenant']);
  expect(rowsRead(deep.scans)).toBe(limit + 1);
});

test('a search reads what has that name, and never all tenants', async () => {
  const one = await planOf('&name=Pay-004999');
  expect(one.page.items.map(({ name }) => name)).toEqual(['pay-004999']);
  expect(indexesOf(one.scans)).toEqual(['tenants_by_name', 'endpoints_of_tenant']);
  expect(rowsRead(one.scans)).toBe(1);
  const none = await planOf('&name=nobody');
  expect(none.page.items).toEqual([]);
  expect(rowsRead(none.scans)).toBe(0);
  // Either those of that name, which are then put in order, or in order until there are enough of that name.
  const tenth = await planOf('&name=shop-');
  expect(tenth.page.items).toHaveLength(limit);
  expect(indexesOf(tenth.scans)).toEqual([expect.stringMatching(/^tenants_/), 'endpoints_of_tenant']);
  expect(rowsRead(tenth.scans)).toBeLessThanOrEqual(tenants / 10 + limit);
});

test('a pooler that starts among many endpoints reads the one that its first client names, and the next with the next', async () => {
  const found = await waitUntil(
    async () => {
      const answer = await bench.lookUp(endpointId);
      return answer.kind === 'found' && answer.endpoint;
    },
    { what: 'the endpoint is published' },
  );
  const epoch = await bench.fleet.publisher.completeEpoch();
  const ids = Array.from({ length: 500 }, () => newEndpointId(randomBytes));
  for (const id of ids) await bench.fleet.publisher.publish({ ...found, endpointId: id }, epoch!);
  await using pooler = await startPooler({ redisUrl: bench.redis.url, sealKeyFile: bench.sealKeyFile });
  const known = async () =>
    Number(/^weir_known_endpoints\{[^}]*\} (\d+)$/m.exec(await pooler.metrics())?.[1]);
  expect(await known()).toBe(0);
  for (const [index, id] of [ids[123]!, ids[456]!].entries()) {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: pooler.port,
      user: 'app',
      password: upstreamPassword,
      database: 'shop',
      ssl: { servername: `${id}-pooler.db.localhost`, rejectUnauthorized: false },
    });
    await client.connect();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    expect(await known()).toBe(index + 1);
  }
});
